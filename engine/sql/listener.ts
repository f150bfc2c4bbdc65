/**
 * One connection for all NOTIFY channels. When it is lost it is opened again, every channel is listened to again, and each
 * `onListening` runs: what was notified in between is gone, so callers look for themselves there. A statement to the
 * server every few seconds finds a peer that vanished without a word.
 */
import type { Clock, Scheduled } from '../clock/clock.ts'
import type { SqlSubscription } from './connection.ts'
import type { DriverConnection } from './driver-connection.ts'
import { SqlConnectionError } from './errors.ts'

export interface ListenerOptions {
  readonly clock: Clock
  open(onNotify: (channel: string, payload: string) => void, onClosed: () => void): Promise<DriverConnection>
}

interface Subscriber {
  readonly channel: string
  readonly onNotify: (payload: string) => void
  readonly onListening: ((silent: number) => void) | undefined
}

/** Milliseconds between two signs of life, and how long the server may take to answer one. */
const PING = 5_000
/** Milliseconds that a connection may have been dead before that was found. */
const UNNOTICED = 2 * PING
const FIRST_RETRY = 20
const LAST_RETRY = 2_000

export class Listener {
  readonly #options: ListenerOptions
  readonly #subscribers = new Set<Subscriber>()
  #connection: DriverConnection | undefined
  #connecting: Promise<DriverConnection> | undefined
  #timer: Scheduled | undefined
  #retry = FIRST_RETRY
  /** When the connection was found to be gone; `undefined` while there is one. */
  #lostAt: number | undefined
  #closed = false

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  /** Resolves when the server listens; rejects with `SqlConnectionError` when it cannot be reached now. */
  async listen(
    channel: string,
    onNotify: (payload: string) => void,
    onListening?: (silent: number) => void,
  ): Promise<SqlSubscription> {
    if (this.#closed) throw new SqlConnectionError('The database client is closed', { sent: 'no' })
    const connection = await this.#connected()
    const subscriber = { channel, onNotify, onListening }
    this.#subscribers.add(subscriber)
    try {
      await connection.run(listenStatement(channel), PING)
    } catch (error) {
      this.#subscribers.delete(subscriber)
      throw error
    }
    onListening?.(0)
    return { close: () => this.#unsubscribe(subscriber) }
  }

  enforceDeadlines(now: number): void {
    this.#connection?.enforceDeadlines(now)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#subscribers.clear()
    this.#timer?.cancel()
    const connection = await this.#connecting?.catch(() => undefined)
    await (connection ?? this.#connection)?.end()
  }

  async #unsubscribe(subscriber: Subscriber): Promise<void> {
    if (!this.#subscribers.delete(subscriber)) return
    for (const { channel } of this.#subscribers) if (channel === subscriber.channel) return
    await this.#connection?.run(`unlisten ${quoted(subscriber.channel)}`, PING).catch(() => [])
  }

  async #connected(): Promise<DriverConnection> {
    if (this.#connection?.healthy) return this.#connection
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined))
    return this.#connecting
  }

  async #connect(): Promise<DriverConnection> {
    const connection = await this.#options.open(
      (channel, payload) => this.#deliver(channel, payload),
      () => this.#lost(),
    )
    this.#connection = connection
    const subscribers = [...this.#subscribers]
    const channels = new Set(subscribers.map(({ channel }) => channel))
    try {
      await Promise.all([...channels].map((channel) => connection.run(listenStatement(channel), PING)))
    } catch (error) {
      connection.destroy('it could not listen')
      throw error
    }
    this.#retry = FIRST_RETRY
    this.#ping(connection)
    const silent = this.#lostAt === undefined ? 0 : this.#options.clock.now() - this.#lostAt + UNNOTICED
    this.#lostAt = undefined
    for (const subscriber of subscribers) subscriber.onListening?.(silent)
    return connection
  }

  #deliver(channel: string, payload: string): void {
    for (const subscriber of [...this.#subscribers]) if (subscriber.channel === channel) subscriber.onNotify(payload)
  }

  #lost(): void {
    this.#connection = undefined
    this.#lostAt ??= this.#options.clock.now()
    if (this.#closed || this.#subscribers.size === 0) return
    this.#timer?.cancel()
    this.#timer = this.#options.clock.schedule(this.#retry, () => {
      if (!this.#closed) this.#connected().catch(() => {})
    })
    this.#retry = Math.min(this.#retry * 2, LAST_RETRY)
  }

  #ping(connection: DriverConnection): void {
    this.#timer?.cancel()
    this.#timer = this.#options.clock.schedule(PING, () => {
      if (this.#closed || !connection.healthy) return
      connection.run('select', PING).then(
        () => this.#ping(connection),
        () => {},
      )
    })
  }
}

function listenStatement(channel: string): string {
  return `listen ${quoted(channel)}`
}

function quoted(channel: string): string {
  return `"${channel.replaceAll('"', '""')}"`
}
