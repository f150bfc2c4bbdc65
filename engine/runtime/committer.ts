/**
 * Group commit: checkpoints that are ready while the flushes in flight are on their way go out together as the next one;
 * when a place is free a checkpoint goes at once, in the microtask that follows. Each waits only for its own answer. Flushes
 * in flight are of different processes: a process has one commit on its way at a time, because it waits for the answer.
 */
import type { Clock } from '../clock/clock.ts'
import { FencedError } from '../errors.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Checkpoint, CommitAnswer, StoreSession } from '../store/store.ts'

interface Waiting {
  readonly checkpoint: Checkpoint
  readonly answer: (answer: CommitAnswer) => void
}

/** Flushes in flight at once: two keep the store busy while an answer travels, more only make the batches smaller. */
const FLUSHES = 2

/** Milliseconds between attempts while the store cannot be reached. */
const RETRY = 100

export class Committer {
  readonly #session: StoreSession
  readonly #clock: Clock
  readonly #lost: () => boolean
  readonly #metrics: Metrics
  #waiting: Waiting[] = []
  /** A flush begins in the next microtask. */
  #called = false
  #flushing = 0

  /** `lost` tells when the node has lost its place and nothing can be committed any more. */
  constructor(session: StoreSession, clock: Clock, metrics: Metrics, lost: () => boolean) {
    this.#session = session
    this.#metrics = metrics
    this.#clock = clock
    this.#lost = lost
  }

  /** Resolves when the checkpoint is stored (`accepted`) or can never be (`fenced`). Never rejects. */
  commit(checkpoint: Checkpoint): Promise<CommitAnswer> {
    const { promise, resolve } = Promise.withResolvers<CommitAnswer>()
    this.#waiting.push({ checkpoint, answer: resolve })
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
      this.#metrics.flushed(answers, this.#clock.now() - begun)
      for (const [index, { answer }] of batch.entries()) answer(answers[index] ?? 'fenced')
    }
    this.#flushing--
  }

  async #write(checkpoints: readonly Checkpoint[]): Promise<readonly CommitAnswer[]> {
    try {
      return await this.#session.commit(checkpoints)
    } catch (error) {
      if (error instanceof FencedError || this.#lost()) return checkpoints.map(() => 'fenced')
    }
    return Promise.all(checkpoints.map((checkpoint) => this.#writeAgain(checkpoint)))
  }

  /** The answer was lost: looks whether the checkpoint is there, and writes it again where it is not. */
  async #writeAgain(checkpoint: Checkpoint): Promise<CommitAnswer> {
    for (;;) {
      if (this.#lost()) return 'fenced'
      try {
        if (await this.#session.committed(checkpoint.id, checkpoint.seq)) return 'accepted'
        const [answer] = await this.#session.commit([checkpoint])
        return answer ?? 'fenced'
      } catch (error) {
        if (error instanceof FencedError) return 'fenced'
      }
      await new Promise<void>((resolve) => this.#clock.schedule(RETRY, resolve))
    }
  }
}
