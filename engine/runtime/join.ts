/** The checkpoint in the user's commit: see docs/internals/checkpoint-join.md. */
import type { CheckpointJoin, StepOutcome } from '../step/step.ts'
import type { JoinableTransaction } from '../step/transaction.ts'
import type { Checkpoint } from '../store/records.ts'
import type { Call } from './call.ts'
import type { Outbox } from './outbox.ts'

/** The running process as its join sees it. */
export interface Joiner {
  /** Holds the process: no turn begins before the answer was called. */
  lock(): Promise<() => void>
  accepts(transaction: JoinableTransaction): boolean
  /** Goes on from the outcome and writes the checkpoint of that into the transaction. */
  write(call: Call, outcome: StepOutcome, outbox: Outbox, transaction: JoinableTransaction): Promise<Checkpoint>
  isCommitted(seq: number): Promise<boolean>
  /** The transaction with this checkpoint is committed. */
  joined(checkpoint: Checkpoint): Promise<void>
}

/** The engine's half of a step's commit: holds the process from the write until the transaction ended. */
export class Join implements CheckpointJoin {
  readonly #run: Joiner
  readonly #call: Call
  #outcome: StepOutcome | undefined
  #outbox: Outbox | undefined
  #release: (() => void) | undefined
  #checkpoint: Checkpoint | undefined
  written = false

  constructor(run: Joiner, call: Call) {
    this.#run = run
    this.#call = call
  }

  prepare(outcome: StepOutcome, outbox: Outbox): void {
    this.#outcome = outcome
    this.#outbox = outbox
  }

  accepts(transaction: JoinableTransaction): boolean {
    return this.#run.accepts(transaction)
  }

  async write(transaction: JoinableTransaction): Promise<void> {
    this.#release = await this.#run.lock()
    this.written = true
    this.#checkpoint = await this.#run.write(
      this.#call,
      this.#outcome as StepOutcome,
      this.#outbox as Outbox,
      transaction,
    )
  }

  async isCommitted(): Promise<boolean> {
    return this.#checkpoint !== undefined && (await this.#run.isCommitted(this.#checkpoint.seq))
  }

  async accepted(): Promise<void> {
    if (this.#checkpoint !== undefined) await this.#run.joined(this.#checkpoint)
  }

  letGo(): void {
    this.#release?.()
    this.#release = undefined
  }
}
