/** The main thread's side of the heartbeat worker. */
import { Worker } from 'node:worker_threads'
import type { HeartbeatMessage, HeartbeatOptions } from './heartbeat-worker.ts'

export class Heartbeat {
  readonly #worker: Worker
  readonly #beats = new SharedArrayBuffer(8)
  readonly #stopped = Promise.withResolvers<void>()

  private constructor(worker: Worker) {
    this.#worker = worker
  }

  /** Resolves when the session lock is held. Beats have an effect from when the node is in the table. */
  static async start(options: Omit<HeartbeatOptions, 'beats'>, onLost: (reason: string) => void): Promise<Heartbeat> {
    const worker = new Worker(new URL('./heartbeat-worker.ts', import.meta.url))
    worker.unref()
    const heartbeat = new Heartbeat(worker)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    worker.on('message', ({ kind }: HeartbeatMessage) => {
      if (kind === 'ready') resolve()
      if (kind === 'lost') onLost('another node took over')
      if (kind === 'stopped') heartbeat.#stopped.resolve()
    })
    worker.on('error', (error) => {
      reject(error)
      heartbeat.#stopped.resolve()
      onLost(`the heartbeat failed: ${String(error)}`)
    })
    worker.postMessage({ ...options, beats: heartbeat.#beats } satisfies HeartbeatOptions)
    await promise
    return heartbeat
  }

  /** When the lease was renewed last, in milliseconds since the epoch; 0 before the first time. */
  get last(): number {
    return new Float64Array(this.#beats)[0] ?? 0
  }

  /** Lets go of the session lock. */
  async stop(): Promise<void> {
    this.#worker.postMessage('stop')
    await this.#stopped.promise
    await this.#worker.terminate()
  }
}
