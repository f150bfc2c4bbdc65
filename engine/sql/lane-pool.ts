/**
 * A bounded set of connections, lent one by one in the order they were asked for. A connection that comes back healthy and
 * outside a transaction serves the next; any other is closed and its place opened anew. Connections unused for a while
 * are closed.
 */
import type { Clock } from '../clock/clock.ts'
import type { DriverConnection } from './driver-connection.ts'
import { SqlConnectionError, SqlPoolTimeoutError } from './errors.ts'

export interface LanePoolOptions {
  readonly name: string
  /** Connections at most. */
  readonly size: number
  /** Milliseconds after which an unused connection is closed. */
  readonly idle: number
  readonly clock: Clock
  open(onClosed: (connection: DriverConnection | undefined) => void): Promise<DriverConnection>
}

interface Waiter {
  grant(): void
  fail(error: unknown): void
}

export class LanePool {
  readonly #options: LanePoolOptions
  readonly #all = new Set<DriverConnection>()
  readonly #idle: { connection: DriverConnection; since: number }[] = []
  readonly #waiters = new Set<Waiter>()
  #taken = 0
  #ending = false
  #drained: (() => void) | undefined

  constructor(options: LanePoolOptions) {
    this.#options = options
  }

  get connections(): ReadonlySet<DriverConnection> {
    return this.#all
  }

  /** An unused connection, at once, if nobody waits for one. */
  take(): DriverConnection | undefined {
    if (this.#ending || this.#idle.length === 0 || this.#waiters.size > 0 || this.#taken >= this.#options.size) {
      return undefined
    }
    this.#taken++
    return this.#idle.pop()?.connection
  }

  /** Waits for a place, then for its connection. Rejects with `SqlPoolTimeoutError`, `SqlConnectionError` or the signal's reason. */
  async acquire(timeout: number, signal?: AbortSignal): Promise<DriverConnection> {
    signal?.throwIfAborted()
    if (this.#ending) throw this.#closed()
    if (this.#taken < this.#options.size && this.#waiters.size === 0) this.#taken++
    else await this.#place(timeout, signal)
    const idle = this.#idle.pop()
    if (idle) return idle.connection
    try {
      return await this.#open()
    } catch (error) {
      this.#vacate()
      throw error
    }
  }

  release(connection: DriverConnection): void {
    if (!connection.healthy || connection.inTransaction || connection.busy > 0 || this.#ending) {
      if (connection.healthy && !connection.inTransaction && connection.busy === 0) void connection.end()
      else connection.destroy('it was given back unusable')
    } else {
      this.#idle.push({ connection, since: this.#options.clock.now() })
    }
    this.#vacate()
  }

  /** Closes what has been unused for long. */
  evictIdle(): void {
    const limit = this.#options.clock.now() - this.#options.idle
    while (this.#idle[0] && this.#idle[0].since < limit) void this.#idle.shift()?.connection.end()
  }

  /** Refuses new callers and resolves when everything lent is back; `cut` then ends what is not. */
  async close(): Promise<void> {
    this.#ending = true
    for (const waiter of this.#waiters) waiter.fail(this.#closed())
    this.#waiters.clear()
    const idle = this.#idle.splice(0)
    await Promise.all(idle.map(({ connection }) => connection.end()))
    if (this.#taken > 0) await new Promise<void>((resolve) => (this.#drained = resolve))
  }

  cut(): void {
    for (const connection of this.#all) connection.destroy('the database client was closed')
    this.#drained?.()
  }

  async #open(): Promise<DriverConnection> {
    const connection = await this.#options.open((closed) => closed && this.#forget(closed))
    this.#all.add(connection)
    if (this.#ending) {
      connection.destroy('the database client was closed')
      throw this.#closed()
    }
    return connection
  }

  #forget(connection: DriverConnection): void {
    this.#all.delete(connection)
    const index = this.#idle.findIndex((entry) => entry.connection === connection)
    if (index >= 0) this.#idle.splice(index, 1)
  }

  /** Hands the place to the longest waiting caller, or frees it. */
  #vacate(): void {
    const [next] = this.#waiters
    if (next) {
      this.#waiters.delete(next)
      next.grant()
      return
    }
    this.#taken--
    if (this.#taken === 0) this.#drained?.()
  }

  #place(timeout: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = { grant: resolve, fail: reject }
    this.#waiters.add(waiter)
    const give = (error: unknown) => {
      if (this.#waiters.delete(waiter)) reject(error)
    }
    const timer = this.#options.clock.schedule(timeout, () => give(this.#timedOut(timeout)))
    const abort = () => give(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    return promise.finally(() => {
      timer.cancel()
      signal?.removeEventListener('abort', abort)
    })
  }

  #timedOut(timeout: number): SqlPoolTimeoutError {
    const { name, size } = this.#options
    const message = `No connection of pool '${name}' came free within ${timeout} ms: all ${size} are in use`
    return new SqlPoolTimeoutError(message, {
      hint: 'Keep transactions short, never wait for outside systems inside one, or raise the size of the pool',
    })
  }

  #closed(): SqlConnectionError {
    return new SqlConnectionError('The database client is closed', { sent: 'no' })
  }
}
