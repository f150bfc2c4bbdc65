/** Waiting for a process to change: at once for changes made here, by hint for processes ended elsewhere, else by polling. */
import type { Clock, Scheduled } from '../../clock/clock.ts'
import type { SqlDatabase } from '../../sql/connection.ts'
import { sqlArray } from '../../sql/connection.ts'

/** Milliseconds between two polls while anybody waits. */
const POLL = 250

interface Watch {
  readonly id: string
  readonly seq: number
  resolve(): void
}

export class Watchers {
  readonly #sql: SqlDatabase
  readonly #schema: string
  readonly #clock: Clock
  readonly #watches = new Map<string, Set<Watch>>()
  #timer: Scheduled | undefined

  constructor(sql: SqlDatabase, schema: string, clock: Clock) {
    this.#sql = sql
    this.#schema = schema
    this.#clock = clock
  }

  async wait(id: string, seq: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const watch: Watch = { id, seq, resolve }
    const watches = this.#watches.get(id) ?? new Set()
    this.#watches.set(id, watches.add(watch))
    const end = () => resolve()
    signal.addEventListener('abort', end, { once: true })
    void this.#look([id])
    this.#arm()
    await promise
    signal.removeEventListener('abort', end)
    watches.delete(watch)
    if (watches.size === 0 && this.#watches.get(id) === watches) this.#watches.delete(id)
  }

  /** These processes changed, or may have. */
  changed(ids: Iterable<string>): void {
    if (this.#watches.size === 0) return
    for (const id of ids) for (const watch of this.#watches.get(id) ?? []) watch.resolve()
  }

  close(): void {
    this.#timer?.cancel()
    this.changed([...this.#watches.keys()])
  }

  #arm(): void {
    this.#timer ??= this.#clock.schedule(POLL, () => {
      this.#timer = undefined
      if (this.#watches.size === 0) return
      void this.#look([...this.#watches.keys()]).finally(() => this.#watches.size > 0 && this.#arm())
    })
  }

  async #look(ids: readonly string[]): Promise<void> {
    const rows = await this.#sql
      .query<{ id: string; seq: number }>(
        `select id, seq from ${this.#schema}.process where id = any($1::uuid[])
         union all select id, seq from ${this.#schema}.finished where id = any($1::uuid[])`,
        [sqlArray(ids)],
      )
      .catch(() => undefined)
    if (!rows) return
    const now = new Map(rows.map(({ id, seq }) => [id, seq]))
    for (const id of ids) {
      for (const watch of this.#watches.get(id) ?? []) if (now.get(id) !== watch.seq) watch.resolve()
    }
  }
}
