/**
 * The words a process is written with. The compiler replaces them inside handlers and routines; called anywhere else they
 * throw `NotCompiledError`. Here they exist for their types.
 */
import { NotCompiledError } from '../errors.ts'
import { compiledMark, isCompiledHandler } from '../program/compiled.ts'
import type { SignalDefinition } from '../program/wait.ts'

/** A race between waits: `const r = race(); switch (true) { case signal(r, paid): ... case delay.days(r, 30): ... }`. */
export interface Race {
  readonly __race: true
}

/** An open listener, for signals keyed by a value known only later: `using paid = listen(signals.paid, { order })`. */
export interface Listener<Payload extends object> extends Disposable {
  readonly payload?: Payload
}

type PayloadOf<Definition> = Definition extends { readonly payload?: infer Payload }
  ? NonNullable<Payload> & object
  : object

/** Opens a race. */
export function race(): Race {
  throw new NotCompiledError('race()')
}

/** Waits for a signal; in a race switch, as the case of an arm, whose payload is then on the race object. */
export function signal<Definition extends Waited>(
  race: Race,
  of: Definition,
  match?: Match<Definition>,
): race is Race & PayloadOf<Definition>
export function signal<Definition extends Waited>(
  of: Definition,
  match?: Match<Definition>,
): Promise<PayloadOf<Definition>>
export function signal(..._: readonly unknown[]): never {
  throw new NotCompiledError('signal()')
}

type Waited = SignalDefinition | Listener<object>
type Match<Definition> = Partial<PayloadOf<Definition>>

/** Opens a mailbox for a signal before the request that provokes it; closed at the end of the block. */
export function listen<Definition extends SignalDefinition>(
  _signal: Definition,
  _match?: Match<Definition>,
): Listener<PayloadOf<Definition>> {
  throw new NotCompiledError('listen()')
}

/** Drops what has arrived of a signal so far. */
export function drain(_signal: SignalDefinition | Listener<object>): void {
  throw new NotCompiledError('drain()')
}

export interface Delay {
  /** Waits; as the case of a race arm, is true when the time is over first. */
  (amount: number): Promise<void>
  (race: Race, amount: number): boolean
}

export interface Delays {
  readonly milliseconds: Delay
  readonly seconds: Delay
  readonly minutes: Delay
  readonly hours: Delay
  readonly days: Delay
  readonly weeks: Delay
  /** Calendar months. */
  readonly months: Delay
  readonly years: Delay
  until(at: Date | Temporal.Instant | number): Promise<void>
  until(race: Race, at: Date | Temporal.Instant | number): boolean
}

const notCompiledDelay = (): never => {
  throw new NotCompiledError('delay')
}

/** Durable delays: they end at their original due time, through restarts and on any node. */
export const delay: Delays = {
  milliseconds: notCompiledDelay,
  seconds: notCompiledDelay,
  minutes: notCompiledDelay,
  hours: notCompiledDelay,
  days: notCompiledDelay,
  weeks: notCompiledDelay,
  months: notCompiledDelay,
  years: notCompiledDelay,
  until: notCompiledDelay,
}

export interface RetryOptions {
  /** How often the body runs at most. */
  readonly attempts: number
  /** Wait before the second attempt (`'500ms'`, `'1s'`, milliseconds as a number); doubles each time. Default `'1s'`. */
  readonly backoff?: string | number
  /** The longest wait. */
  readonly limit?: string | number
}

/** Runs a body again when it throws, with durable waits in between. */
export function retry<Result>(_options: RetryOptions, _body: () => Promise<Result>): Promise<Result> {
  throw new NotCompiledError('retry()')
}

/** Makes an exported async function part of the processes that call it: it may wait, and survives restarts in its middle. */
export function routine<Args extends readonly unknown[], Result>(
  body: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  const outside = (): never => {
    throw new NotCompiledError('A routine', 'routine')
  }
  if (!isCompiledHandler(body)) return outside
  return Object.assign(outside, { [compiledMark]: body })
}
