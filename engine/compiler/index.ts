/** The compiler: source text to programs. Only build tools and plugins load it; the machine does not. */
export { CompileError, describe } from './diagnostic.ts'
export type { Diagnostic } from './diagnostic.ts'
export { listProgram, printListing } from '../program/listing.ts'
export type { ListedOp, ListingRow } from '../program/listing.ts'
export { mayCompile } from './may-compile.ts'
export { originOf, transform } from './transform.ts'
export type { Transformed, TransformOptions } from './transform.ts'
