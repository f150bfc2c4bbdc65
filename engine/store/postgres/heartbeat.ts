/** The main thread's side of the heartbeat worker. */
import { Worker } from 'node:worker_threads'
import type { Clock, Scheduled } from '../../clock/clock.ts'
import type { HeartbeatMessage, HeartbeatOptions } from './heartbeat-worker.ts'
import { SharedTimes } from './shared-times.ts'

/** Milliseconds between two signs of life that the main thread gives to the worker. */
const SIGN = 200

export class Heartbeat {
  readonly #worker: Worker
  readonly #clock: Clock
  readonly #times = new SharedTimes()
  readonly #stopped = Promise.withResolvers<void>()
  #sign: Scheduled | undefined

  private constructor(worker: Worker, clock: Clock) {
    this.#worker = worker
    this.#clock = clock
  }

  /**
   * Resolves when the session lock is held. Beats have an effect from when the node is in the table. `clock`: one that goes on
   * evenly.
   */
  static async start(
    options: Omit<HeartbeatOptions, 'times'>,
    clock: Clock,
    onLost: (reason: string) => void,
  ): Promise<Heartbeat> {
    const worker = new Worker(new URL('./heartbeat-worker.ts', import.meta.url))
    worker.unref()
    const heartbeat = new Heartbeat(worker, clock)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    worker.on('message', (message: HeartbeatMessage) => {
      if (message.kind === 'ready') resolve()
      if (message.kind === 'lost') onLost(message.reason)
      if (message.kind === 'stopped') heartbeat.#stopped.resolve()
    })
    worker.on('error', (error) => {
      heartbeat.#sign?.cancel()
      reject(error)
      heartbeat.#stopped.resolve()
      onLost(`the heartbeat failed: ${String(error)}`)
    })
    heartbeat.#giveSigns()
    worker.postMessage({ ...options, times: heartbeat.#times.memory } satisfies HeartbeatOptions)
    await promise
    return heartbeat
  }

  /** When the lease was renewed last, by its clock; 0 before the first time. */
  get renewed(): number {
    return this.#times.renewed
  }

  /** Since when it has been renewed in time. */
  get unbroken(): number {
    return this.#times.unbroken
  }

  /** Lets go of the session lock. */
  async stop(): Promise<void> {
    this.#sign?.cancel()
    this.#worker.postMessage('stop')
    await this.#stopped.promise
    await this.#worker.terminate()
  }

  #giveSigns(): void {
    this.#times.alive = this.#clock.now()
    this.#sign = this.#clock.schedule(SIGN, () => this.#giveSigns())
  }
}
