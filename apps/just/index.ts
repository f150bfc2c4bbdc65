/** What other programs use of `just`. */
export { buildExecutable, type BuildOptions, type BuiltExecutable } from './build/build-executable.ts'
