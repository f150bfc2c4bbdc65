/**
 * Durable waits: what `signal(...)`, `delay.days(...)` and a handle's result give inside a process, as plain data. A value
 * carrying `waitOf` is a wait when a program awaits it; the machine hands the `WaitSpec` to the runtime.
 */

/** A signal as the engine knows it. `key` names it on the wire; `params` are what it is routed by. */
export interface SignalDefinition {
  readonly name: string
  readonly params: readonly string[]
}

export type DelayUnit = 'milliseconds' | 'seconds' | 'minutes' | 'hours' | 'days' | 'weeks' | 'months' | 'years'

export type WaitSpec =
  | { readonly kind: 'signal'; readonly signal: SignalDefinition; readonly match?: Readonly<Record<string, unknown>> }
  | { readonly kind: 'listener'; readonly id: number }
  | { readonly kind: 'delay'; readonly amount: number; readonly unit: DelayUnit }
  /** Milliseconds since the epoch. */
  | { readonly kind: 'until'; readonly at: number }
  /** Another process's end: the value is its result, or its failure is thrown. */
  | { readonly kind: 'process'; readonly id: string }
  /** Every wait: an array of values, or, for `settled`, of `{ status, value | reason }`. */
  | { readonly kind: 'all' | 'settled'; readonly waits: readonly WaitSpec[] }

/** Under this key a value says what awaiting it in a process waits for. */
export const waitOf: unique symbol = Symbol.for('justscale.wait')

export interface Waitable {
  readonly [waitOf]: WaitSpec
}

/** The wait a value stands for, or `undefined`. */
export function waitSpec(value: unknown): WaitSpec | undefined {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return undefined
  return (value as Partial<Waitable>)[waitOf]
}
