/** The machine: runs programs. Pure; the runtime gives it inputs and performs its effects. */
export { advance, createState, markDurable, pendingEffects } from './advance.ts'
export { IterationLimitError, PrimitiveMisuseError, ResourceGoneError } from './errors.ts'
export { instantiate, loadCompiled, sourceUrl } from './load.ts'
export { allSignals, reachableSignals } from './signals.ts'
export type { SignalUse } from './signals.ts'
export { restore, snapshot } from './snapshot.ts'
export type { Head, MachineSnapshot } from './snapshot.ts'
