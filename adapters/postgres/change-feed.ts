/**
 * Tells every node which rows changed, over NOTIFY. Announcements of a few milliseconds (under load, of 50) travel together,
 * in a statement of their own after the commit: a NOTIFY inside the transaction would make all commits of the database queue
 * up. One that is lost, with its node for example, costs time: watchers look again at every reconnection and now and then
 * anyway; where there is no LISTEN, every second.
 */
import type { SqlDatabase, SqlSubscription } from '@justscale/engine/sql'

/** Milliseconds that announcements are gathered. */
const GATHER = 5
/** Milliseconds between two statements that announce, while there is room for more in the next. */
const SPACING = 50
/** Milliseconds between looks where the database cannot notify, and where it can. */
const POLL = 1_000
const PRECAUTION = 15_000
/** Payloads are limited to 8,000 bytes. */
const LONGEST_PAYLOAD = 7_500
/** Of one call that announces more, watchers hear only that there was something, and look for themselves. */
const MANY = 500
/** In a payload: look again, whatever you watch. */
const EVERYTHING = '*'

export class ChangeFeed {
  readonly #sql: SqlDatabase
  readonly #channel: string
  readonly #watchers = new Map<string, Set<() => void>>()
  readonly #pending = new Set<string>()
  #pendingSize = 0
  #sentAt = -Infinity
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
      if (identifiers.length <= MANY) this.#add(key)
    }
    if (identifiers.length > MANY) this.#add(EVERYTHING)
    if (this.#timer !== undefined) return
    const wait = Math.max(GATHER, this.#sentAt + SPACING - performance.now())
    this.#timer = setTimeout(() => void this.#send(), wait)
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
    clearInterval(this.#poll)
    await this.#send()
    await (await this.#listening)?.close()
  }

  async #listen(): Promise<SqlSubscription | undefined> {
    this.#poll = setInterval(() => this.#wakeAll(), this.#sql.sessions ? PRECAUTION : POLL)
    if (!this.#sql.sessions) return undefined
    return this.#sql.listen(
      this.#channel,
      (payload) => this.#receive(payload),
      () => this.#wakeAll(),
    )
  }

  #receive(payload: string): void {
    for (const key of payload.split(' ')) {
      if (key === EVERYTHING) this.#wakeAll()
      else this.#wake(key)
    }
  }

  #add(key: string): void {
    if (this.#pending.has(key)) return
    const size = Buffer.byteLength(key) + 1
    if (this.#pendingSize + size > LONGEST_PAYLOAD) void this.#send()
    this.#pending.add(key)
    this.#pendingSize += size
  }

  async #send(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#pending.size === 0) return
    const payload = [...this.#pending].join(' ')
    this.#pending.clear()
    this.#pendingSize = 0
    this.#sentAt = performance.now()
    try {
      await this.#sql.query('select pg_notify($1::text, $2::text)', [this.#channel, payload])
    } catch {
      // Watchers elsewhere look again by themselves; the change itself is stored.
    }
  }

  #wake(key: string): void {
    for (const watcher of this.#watchers.get(key) ?? []) watcher()
  }

  #wakeAll(): void {
    for (const key of this.#watchers.keys()) this.#wake(key)
  }
}
