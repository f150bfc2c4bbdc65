/** The checkpoint in the user's commit: see docs/internals/checkpoint-join.md. */
import type { CheckpointJoin, StepOutcome } from '../step/step.ts'
import type { JoinableTransaction } from '../step/transaction.ts'
import type { Checkpoint } from '../store/store.ts'
import type { Call } from './call.ts'
import type { Outbox } from './outbox.ts'
import type { ProcessRun } from './process-run.ts'

/** The engine's half of a step's commit: holds the process from the write until the transaction ended. */
export class Join implements CheckpointJoin {
  readonly #run: ProcessRun
  readonly #call: Call
  #outcome: StepOutcome | undefined
  #outbox: Outbox | undefined
  #release: (() => void) | undefined
  #checkpoint: Checkpoint | undefined
  written = false

  constructor(run: ProcessRun, call: Call) {
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
    this.#checkpoint = await this.#run.writeJoined(
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
