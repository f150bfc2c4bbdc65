/** The parts of production, started by the tests. */
export { default } from './production.ts'
