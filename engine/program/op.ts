/**
 * The instruction set, `isa: 1`: frozen, because programs written with it live in databases. `code` operands are indexes
 * into `Program.code`, `pc` and target operands indexes into `Program.ops`, `to` and `slot` operands slot names of the
 * running frame. An op that suspends is resumed at its own pc: the outcome is delivered, or thrown, there.
 */

export type Op =
  | ExecOp
  | JumpOp
  | JumpIfOp
  | AwaitOp
  | WaitOp
  | RaceOp
  | CallOp
  | SpawnOp
  | SpawnEachOp
  | JoinOp
  | AcquireOp
  | ReleaseOp
  | ListenOp
  | ReturnOp
  | ThrowOp
  | EndFinallyOp

/**
 * Every op may need live resources (`using` slots; `$p.` before a slot of the frame around): those that were released are
 * acquired again before it runs.
 */
interface OpBase {
  readonly needs?: readonly string[]
}

/**
 * Runs a native region. It gives `undefined` to go on, `n` to leave to `exits[n]` (crossing finally blocks), or `[value]`
 * to return from the routine. `impure`: a second run may give something else (clock, randomness, unknown calls).
 */
export interface ExecOp extends OpBase {
  readonly op: 'exec'
  readonly code: number
  readonly exits?: readonly number[]
  readonly impure?: true
}

export interface JumpOp extends OpBase {
  readonly op: 'jump'
  readonly target: number
}

/** Jumps when the truthiness of `code` is `when`. */
export interface JumpIfOp extends OpBase {
  readonly op: 'jumpIf'
  readonly code: number
  readonly target: number
  readonly when: boolean
  readonly impure?: true
}

/** One step: `code` performs the host call (late, by the runtime) or gives the value to await; `step` names it. */
export interface AwaitOp extends OpBase {
  readonly op: 'await'
  readonly code: number
  readonly step: number
  readonly to?: string
  readonly impure?: true
  /** A call that may give a plain value as well: it is made at once, and awaited if it gave a promise. */
  readonly unsure?: true
}

/** A durable wait: `code` gives a wait. */
export interface WaitOp extends OpBase {
  readonly op: 'wait'
  readonly code: number
  readonly to?: string
}

/**
 * A race switch: arms are evaluated in order; `true` wins at once, waits are collected, anything else is out. Without a
 * ready arm: `otherwise` when there is one (a poll), else suspend. The winner's payload is assigned onto slot `to`.
 */
export interface RaceOp extends OpBase {
  readonly op: 'race'
  readonly arms: readonly { readonly code: number; readonly target: number }[]
  readonly otherwise?: number
  readonly to?: string
}

/** Calls a routine of this program: `args` gives the array of arguments; the result goes to `to`. */
export interface CallOp extends OpBase {
  readonly op: 'call'
  readonly routine: number
  readonly args: number
  readonly to?: string
}

/** Starts a routine of this program as a fiber of its own: `to` gets a handle that `await`, `join` understand. */
export interface SpawnOp extends OpBase {
  readonly op: 'spawn'
  readonly routine: number
  readonly args: number
  readonly to?: string
}

/** Starts one fiber per item of the array that `code` gives, as `map` would call them; `to` gets the array of handles. */
export interface SpawnEachOp extends OpBase {
  readonly op: 'spawnEach'
  readonly routine: number
  readonly code: number
  readonly to: string
}

/** `Promise.all` and its kin over an array of handles, waits and values. */
export interface JoinOp extends OpBase {
  readonly op: 'join'
  readonly code: number
  readonly mode: JoinMode
  readonly to?: string
}

export type JoinMode = 'all' | 'allSettled' | 'race' | 'any'

/** `using x = await expr` (`step` given: the runtime acquires) or `using x = expr` (native). */
export interface AcquireOp extends OpBase {
  readonly op: 'acquire'
  readonly code: number
  readonly step?: number
  readonly slot: string
  /** `await using`: disposal is awaited. */
  readonly async?: true
}

/** Disposes the resource in `slot` at the end of its block; `completion` is the slot of the block's completion. */
export interface ReleaseOp extends OpBase {
  readonly op: 'release'
  readonly slot: string
  readonly completion: string
}

/** `using x = listen(...)`: opens a listener; `release` closes it. */
export interface ListenOp extends OpBase {
  readonly op: 'listen'
  readonly code: number
  readonly slot: string
}

/** Returns the value of `code` (or `undefined`) from the routine, through its finally blocks. */
export interface ReturnOp extends OpBase {
  readonly op: 'return'
  readonly code?: number
}

export interface ThrowOp extends OpBase {
  readonly op: 'throw'
  readonly code: number
}

/** End of a finally block: goes on with the completion kept in `slot`. */
export interface EndFinallyOp extends OpBase {
  readonly op: 'endFinally'
  readonly slot: string
}
