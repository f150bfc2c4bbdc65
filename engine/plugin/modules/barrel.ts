/** A second file that hands on, under other names again. */
export { default as define, makeProcess as make, wait as pause } from './renamed-words.ts'
export * from './renamed-words.ts'
export * as billing from './billing.ts'
export * as own from './renamed-words.ts'
