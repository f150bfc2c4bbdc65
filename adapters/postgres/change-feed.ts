/**
 * Tells every node which rows changed, over NOTIFY. Announcements of a few milliseconds travel together, in a statement of
 * their own after the commit: a NOTIFY inside the transaction would make all commits of the database queue up. A lost one
 * costs nothing but time: watchers look again at every reconnection, and where there is no LISTEN, every second.
 */
import type { SqlDatabase, SqlSubscription } from '@justscale/engine/sql'

/** Milliseconds that announcements are gathered. */
const GATHER = 5
/** Milliseconds between looks where the database cannot notify. */
const POLL = 1_000
/** Payloads are limited to 8,000 bytes; beyond this, watchers are told to look for themselves. */
const LONGEST_PAYLOAD = 7_500

export class ChangeFeed {
  readonly #sql: SqlDatabase
  readonly #channel: string
  readonly #watchers = new Map<string, Set<() => void>>()
  readonly #pending = new Set<string>()
  #timer: Timer | undefined
  #poll: Timer | undefined
  #listening: Promise<SqlSubscription | undefined> | undefined

  constructor(sql: SqlDatabase, channel: string) {
    this.#sql = sql
    this.#channel = channel
  }

  announce(table: string, identifiers: readonly string[]): void {
    for (const identifier of identifiers) {
      const key = `${table}:${identifier}`
      this.#wake(key)
      this.#pending.add(key)
    }
    this.#timer ??= setTimeout(() => void this.#send(), GATHER)
  }

  async watch(table: string, identifier: string, onChange: () => void): Promise<{ close(): Promise<void> }> {
    const key = `${table}:${identifier}`
    const watchers = this.#watchers.get(key) ?? new Set()
    this.#watchers.set(key, watchers.add(onChange))
    await (this.#listening ??= this.#listen())
    return {
      close: async () => {
        watchers.delete(onChange)
        if (watchers.size === 0) this.#watchers.delete(key)
      },
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    clearInterval(this.#poll)
    await (await this.#listening)?.close()
  }

  async #listen(): Promise<SqlSubscription | undefined> {
    if (!this.#sql.sessions) {
      this.#poll = setInterval(() => this.#wakeAll(), POLL)
      return undefined
    }
    return this.#sql.listen(
      this.#channel,
      (payload) => this.#receive(payload),
      () => this.#wakeAll(),
    )
  }

  #receive(payload: string): void {
    if (payload === '*') return this.#wakeAll()
    for (const key of payload.split(' ')) this.#wake(key)
  }

  async #send(): Promise<void> {
    this.#timer = undefined
    const payload = [...this.#pending].join(' ')
    this.#pending.clear()
    const text = Buffer.byteLength(payload) > LONGEST_PAYLOAD ? '*' : payload
    try {
      await this.#sql.query('select pg_notify($1::text, $2::text)', [this.#channel, text])
    } catch {
      // Watchers elsewhere look again when they reconnect or poll; the change itself is stored.
    }
  }

  #wake(key: string): void {
    for (const watcher of this.#watchers.get(key) ?? []) watcher()
  }

  #wakeAll(): void {
    for (const key of this.#watchers.keys()) this.#wake(key)
  }
}
