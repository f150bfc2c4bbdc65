/**
 * What a program finds around it when it runs: its dependencies (`$i`), bindings (`$b`) and the engine's primitives
 * (`$e`). The runtime gives an `Environment` per app; the machine brings the primitives.
 */
import type { CompiledHandler } from './compiled.ts'
import type { Program, ProgramDebug, StepSite } from './program.ts'
import type { DelayUnit, SignalDefinition, Waitable } from './wait.ts'
import type { Slots } from './state.ts'

export interface Environment {
  /** Injected dependencies by inject key. */
  readonly dependencies: Readonly<Record<string, unknown>>
  /** Whether this step only reads: decided by what its dependency or `binding` is (repository, model, declared method). */
  isRead(site: StepSite, binding?: unknown): boolean
  /** The program of a hash: those of running frames are always known. */
  program(hash: string): LoadedProgram
  /** Makes the program of an exported routine known, before frames of it exist; answers it loaded. */
  adopt(routine: CompiledHandler): LoadedProgram
  /** What the host brings for primitives that need one. */
  readonly host: PrimitiveHost
}

/** The runtime's part of `$e`. */
export interface PrimitiveHost {
  currentStep(): unknown
  transaction(...args: readonly unknown[]): unknown
  /** Milliseconds to wait before the next attempt, or `undefined` when there is none. `attempt` that failed, from 1. */
  retryDelay(options: unknown, attempt: number, error: unknown): number | undefined
}

/** A native region, ready to run. */
export type Region = ($: Slots, $i: Readonly<Record<string, unknown>>, $b: Bindings, $e: Primitives) => unknown

export type Bindings = Readonly<Record<string, unknown>>

/** A program with its regions as functions and its bindings resolved. */
export interface LoadedProgram {
  readonly hash: string
  readonly program: Program
  readonly debug?: ProgramDebug
  readonly code: readonly Region[]
  readonly bindings: Bindings
}

/** `$e`: what regions call for the primitives they import. Wait makers give objects that carry `waitOf`. */
export interface Primitives {
  race(): Record<string, unknown>
  /** `signal(definition, match?)`, `signal(listener)`; in a race arm with the race object first. */
  signal(...args: readonly unknown[]): Waitable
  readonly delay: Readonly<Record<DelayUnit, (...args: readonly unknown[]) => Waitable>> & {
    until(...args: readonly unknown[]): Waitable
  }
  listen(signal: SignalDefinition, match?: Readonly<Record<string, unknown>>): ListenRequest
  drain(signal: unknown): void
  /** `Ctor` of cancellation, for `instanceof` in handlers. */
  readonly ProcessCancelled: unknown
  currentStep(): unknown
  /** Runs the body as part of the step that calls it; the framework's host gives it its transaction. */
  transaction(...args: readonly unknown[]): unknown
  /** The handler's third argument. */
  readonly process: { publish(value: unknown): void }
  /** Begins a `for of`; `gives` stands for a call of that method on `value`, without arguments. */
  loop(value: unknown, gives?: 'keys' | 'values' | 'entries'): LoopCursor
  /** Begins a `for in`. */
  loopKeys(value: unknown): LoopCursor
  /** For `for await`, a step: reads to the end. */
  gather(value: unknown): Promise<LoopItems>
  /** Begins a `for await` over what was read. */
  loopRead(read: LoopItems): LoopCursor
  /** Goes to the next turn; `false` at the end. */
  advance(cursor: LoopCursor): boolean
  /** The turn's value. */
  item(cursor: LoopCursor): unknown
  /** What `Promise.all` goes over, as an array. */
  list(value: unknown): readonly unknown[]
  /** Loops of programs by earlier compilers, as `keys` and `collect`: an array is itself, other iterables are read. */
  iterate(value: unknown): readonly unknown[]
  collect(value: unknown): Promise<readonly unknown[]>
  keys(value: unknown): readonly string[]
  /** The wait before attempt `attempt + 1`; throws `error` when there is none. */
  retry(options: unknown, attempt: number, error: unknown): Waitable
}

/** Where a loop stands; stored as what it goes over and a number. */
export interface LoopCursor {
  readonly item: unknown
  advance(): boolean
}

/** What is read of an iterable when a loop begins. */
export interface LoopItems {
  readonly items: readonly unknown[]
  readonly failed?: { readonly error: unknown }
  readonly limited?: true
}

export interface ListenRequest {
  readonly signal: SignalDefinition
  readonly match: Readonly<Record<string, unknown>>
}
