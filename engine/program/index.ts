/** The program format and the machine's data types: no code but brands and hashing. */
export { compiledMark, compiledRoutine, isCompiledHandler } from './compiled.ts'
export type { CompiledHandler, CompiledRoutine } from './compiled.ts'
export { listProgram, printListing } from './listing.ts'
export type { ListedOp, ListingRow } from './listing.ts'
export { printProgram } from './print-program.ts'
export type {
  Bindings,
  Environment,
  ListenRequest,
  LoadedProgram,
  PrimitiveHost,
  Primitives,
  Region,
} from './environment.ts'
export { parseProgram, programHash, programText } from './hash.ts'
export type { JoinMode, Op } from './op.ts'
export type { Binding, CleanupRow, Program, ProgramDebug, Routine, SignalSite, StepSite } from './program.ts'
export type {
  AcquireEffect,
  CallEffect,
  Effect,
  Fiber,
  FiberWait,
  Frame,
  Input,
  MachineState,
  Resource,
  Slots,
} from './state.ts'
export { waitOf, waitSpec } from './wait.ts'
export type { DelayUnit, SignalDefinition, WaitSpec, Waitable } from './wait.ts'
