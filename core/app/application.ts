/** What `build()` gives. */
import type { AbstractContainer } from '../container/abstract-container.ts'
import type { Component, componentFacts, componentMeta, ComponentMeta } from '../container/component.ts'
import type { InstanceOf } from '../container/token.ts'
import type { AppContext } from './context.ts'

/** An app that is put together, and not started. Nothing is made before it is resolved, prepared, run or started. */
export interface Application<out Provided> extends AppContext {
  readonly container: AbstractContainer
  /** The instance of a token that was added; makes it and what it needs at the first call. */
  resolve<Token extends Provided>(token: Token): Promise<InstanceOf<Token>>
  /** Runs `body` in the app's context, in a cell of its own; resolves after everything in it is committed. */
  run<Result>(body: () => Result, options?: RunOptions): Promise<Awaited<Result>>
  /** Makes every component, without starting anything. `start` does it first. */
  prepare(): Promise<void>
  /** Makes every component, then runs the start hooks in order. If one fails, what has started is stopped. */
  start(options?: StartOptions): Promise<void>
  /**
   * Runs the stop hooks in reverse order, all of them, then disposes of what the app made and has `Symbol.asyncDispose` or
   * `Symbol.dispose`, the newest first. Rejects afterwards with what failed or did not end in time.
   */
  stop(options?: StopOptions): Promise<void>
  /** Starts, and stops at SIGINT or SIGTERM. Resolves once stopped. */
  serve(): Promise<void>
  readonly state: 'built' | 'starting' | 'running' | 'stopping' | 'stopped'
}

export interface RunOptions {
  /** For messages; default `app.run`. */
  readonly name?: string
  readonly signal?: AbortSignal
}

/** Of `app.start(...)`. */
export interface StartOptions {
  /** Whether the app answers calls from outside (default true); a command runs in an app that does not. */
  readonly serve?: boolean
}

/** Of `app.stop(...)`. */
export interface StopOptions {
  /** Milliseconds that all hooks together have (default 30,000); a hook that takes longer is named and left behind. */
  readonly timeout?: number
}

export interface SubApplicationFacts<Needed> {
  readonly name: 'sub-app'
  readonly requires: Needed
  readonly late: never
  readonly provides: never
  readonly binds: never
}

/** A sub-app: starts with the app that it is added to, which provides what it requires. */
export interface SubApplication<out Provided, Needed> extends Component {
  readonly [componentMeta]: ComponentMeta
  readonly [componentFacts]: SubApplicationFacts<Needed>
  readonly container: AbstractContainer
  resolve<Token extends Provided>(token: Token): Promise<InstanceOf<Token>>
}
