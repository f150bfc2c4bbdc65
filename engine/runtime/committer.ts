/**
 * Group commit: checkpoints that are ready while the flushes in flight are on their way go out together as the next one;
 * when a place is free a checkpoint goes at once, in the microtask that follows. Each waits only for its own answer. Flushes
 * in flight are of different processes: a process has one commit on its way at a time, because it waits for the answer.
 */
import type { Clock } from '../clock/clock.ts'
import { CheckpointRefusedError, FencedError } from '../errors.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Checkpoint } from '../store/records.ts'
import type { CommitAnswer, StoreSession } from '../store/store.ts'
import { isStoreAway } from './store-health.ts'

interface Waiting {
  readonly checkpoint: Checkpoint
  readonly answer: (answer: CommitAnswer) => void
  readonly refuse: (error: CheckpointRefusedError) => void
}

/** Flushes in flight at once: two keep the store busy while an answer travels, more only make the batches smaller. */
const FLUSHES = 2

/** Milliseconds between attempts while the store cannot be reached; and how often an attempt that it refused is told. */
const RETRY = 100
const TELL_EVERY = 600

export class Committer {
  readonly #session: StoreSession
  readonly #clock: Clock
  readonly #lost: () => boolean
  readonly #metrics: Metrics
  readonly #failed: (error: unknown) => void
  #waiting: Waiting[] = []
  /** A flush begins in the next microtask. */
  #called = false
  #flushing = 0

  /** `lost` tells when the node has lost its place and nothing can be committed any more; `failed` hears why nothing is. */
  constructor(
    session: StoreSession,
    clock: Clock,
    metrics: Metrics,
    lost: () => boolean,
    failed: (error: unknown) => void,
  ) {
    this.#session = session
    this.#metrics = metrics
    this.#clock = clock
    this.#lost = lost
    this.#failed = failed
  }

  /**
   * Resolves when the checkpoint is stored (`accepted`) or can never be (`fenced`). Rejects with `CheckpointRefusedError` when
   * the store cannot hold what is in it, and with nothing else.
   */
  commit(checkpoint: Checkpoint): Promise<CommitAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<CommitAnswer>()
    this.#waiting.push({ checkpoint, answer: resolve, refuse: reject })
    if (this.#flushing < FLUSHES && !this.#called) {
      this.#called = true
      queueMicrotask(() => this.#flush())
    }
    return promise
  }

  async #flush(): Promise<void> {
    this.#called = false
    this.#flushing++
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      const begun = this.#clock.now()
      const answers = await this.#write(batch.map(({ checkpoint }) => checkpoint))
      if (answers === undefined) {
        // Each by itself and in its own time: one that the store does not take holds up no other.
        for (const waiting of batch) void this.#writeAgain(waiting.checkpoint).then(waiting.answer, waiting.refuse)
        continue
      }
      this.#metrics.flushed(answers, this.#clock.now() - begun)
      for (const [index, { answer }] of batch.entries()) answer(answers[index] ?? 'fenced')
    }
    this.#flushing--
  }

  /** `undefined` when it is not known what was written. */
  async #write(checkpoints: readonly Checkpoint[]): Promise<readonly CommitAnswer[] | undefined> {
    try {
      return await this.#session.commit(checkpoints)
    } catch (error) {
      if (error instanceof FencedError || this.#lost()) return checkpoints.map(() => 'fenced')
      return undefined
    }
  }

  /** The answer was lost: looks whether the checkpoint is there, and writes it again where it is not. */
  async #writeAgain(checkpoint: Checkpoint): Promise<CommitAnswer> {
    for (let attempt = 0; ; attempt++) {
      if (this.#lost()) return 'fenced'
      try {
        if (await this.#session.committed(checkpoint.id, checkpoint.seq)) return 'accepted'
        const [answer] = await this.#session.commit([checkpoint])
        return answer ?? 'fenced'
      } catch (error) {
        if (error instanceof FencedError) return 'fenced'
        if (error instanceof CheckpointRefusedError) throw error
        // A lost connection is nothing to speak of when the next one answers.
        if (attempt % TELL_EVERY === (isStoreAway(error) ? 2 : 0)) this.#failed(error)
      }
      await new Promise<void>((resolve) => this.#clock.schedule(RETRY, resolve))
    }
  }
}
