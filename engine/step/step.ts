/**
 * The step call: what the engine gives to host code when a process awaits it, and how the outcome is recorded.
 *
 * A step is an awaited call of host code. Everything its arguments were computed from is durable before it starts; its
 * outcome is durable before anything that follows starts; so it is never run again once recorded. The host is whoever
 * owns the code: alone, the engine's `plainHost`; in the framework, core's cells and units of work.
 */
import type { SqlRunner } from '../sql/connection.ts'
import type { JoinableTransaction } from './transaction.ts'
import { nameError } from '../name-error.ts'

/** What host code can know of the step it runs in: `currentStep()`. */
export interface Step {
  /** Process instance, as its path with the parameters filled in: `/campaign/0192.../lifecycle`. */
  readonly process: string
  /** What is called, as written: `payments.charge`. */
  readonly name: string
  /** `effect` runs at most twice (crash window), `read` as often as the engine likes. */
  readonly kind: 'read' | 'effect'
  /** The same for every run of this step, different for every other: process, fiber, call site and visit. */
  readonly idempotencyKey: string
  /** 1 on the first run in this node's memory; larger when the engine retried its transaction. */
  readonly attempt: number
  /** Aborted when the process is cancelled or the node shuts down before the step ended. */
  readonly signal: AbortSignal
  /**
   * Where the engine stands alone on Postgres: statements that commit together with the step's outcome, exactly once. In an app
   * repositories do that.
   */
  readonly sql?: SqlRunner
}

/** How a step ended: what the awaiting code gets. */
export type StepOutcome =
  { readonly kind: 'returned'; readonly value: unknown } | { readonly kind: 'threw'; readonly error: unknown }

/** The seam between the engine and whoever owns the host code. One unit per step, or per lock block in a handler. */
export interface StepHost {
  /** Opens the boundary that the calls of one step run in. Nothing is awaited and no connection taken yet. */
  open(step: Step): StepUnit
}

export interface StepUnit {
  /**
   * Calls `invoke` inside the boundary and settles with what it gives. A lock block calls it once per step in the block.
   * Rejects with `StepRetry` when the unit's transaction was lost for a reason that a new attempt can mend.
   */
  run(step: Step, invoke: () => unknown): Promise<StepOutcome>
  /**
   * Ends the unit. With an open transaction that `join` accepts, writes the checkpoint into it and commits, and answers
   * `joined`; the step's effects and its outcome are then one commit. Otherwise commits what it has, if anything, and
   * answers `detached`: the engine writes the checkpoint itself. Rejects with `StepRetry` as `run` does.
   */
  close(join: CheckpointJoin): Promise<'joined' | 'detached'> | 'detached'
  /** Rolls back and lets go of everything; never rejects. */
  abort(reason: unknown): Promise<void>
}

/** The engine's half of "checkpoint in the user's commit". `write` is called at most once, as the last thing before COMMIT. */
export interface CheckpointJoin {
  /** True when the engine's store can write into this transaction. */
  accepts(transaction: JoinableTransaction): boolean
  /**
   * Runs the program on from the step's outcome to its next wait and writes fence, compare-and-set and checkpoint.
   * Rejects with `FencedError` when this node no longer owns the process: the transaction must then be rolled back.
   */
  write(transaction: JoinableTransaction): Promise<void>
}

/** Thrown by a `StepUnit`: the transaction is gone (lost connection, deadlock, lock timeout, serialisation failure); run the step again. */
export class StepRetry extends Error {
  static {
    nameError(this, 'StepRetry')
  }

  readonly code = 'ENGINE_STEP_RETRY'
  /** `unknown`: the connection was lost during COMMIT, so the engine first reads whether the checkpoint is there. */
  readonly committed: 'no' | 'unknown'

  constructor(reason: string, committed: 'no' | 'unknown', cause: unknown) {
    super(`The step's transaction was lost: ${reason}`, { cause })
    this.committed = committed
  }
}
