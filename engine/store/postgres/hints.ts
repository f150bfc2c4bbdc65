/**
 * Hints between nodes: NOTIFY in statements of its own, after the commit that gave reason for it (a NOTIFY inside a
 * writing transaction makes all such transactions wait for one another), coalesced so that one is in flight at a time. A
 * lost hint costs a poll's interval, never more.
 */
import type { Clock } from '../../clock/clock.ts'
import type { SqlDatabase } from '../../sql/connection.ts'
import { sqlArray } from '../../sql/connection.ts'

/** Processes named in one hint at most: a payload holds 8,000 bytes. */
const IDS = 200

/** Milliseconds by which the news of an end may be late. */
const SOON = 2

export class Hints {
  readonly #sql: SqlDatabase
  readonly #schema: string
  readonly prefix: string
  readonly #shards = new Set<number>()
  readonly #ended = new Set<string>()
  readonly #clock: Clock
  #sending = false
  #later = false

  constructor(sql: SqlDatabase, schema: string, clock: Clock) {
    this.#sql = sql
    this.#clock = clock
    this.#schema = schema
    this.prefix = `justscale_${Bun.hash(schema).toString(36)}`
  }

  /** Channel on which a node hears that its shards have something to do, or that it may own others. */
  nodeChannel(node: number): string {
    return `${this.prefix}_${node}`
  }

  /** Channel on which every store hears which processes ended. */
  get endedChannel(): string {
    return `${this.prefix}_ended`
  }

  /** Tells the owners of these shards, except nodes that know already. */
  wake(shards: Iterable<number>): void {
    for (const shard of shards) this.#shards.add(shard)
    this.#send()
  }

  /** Sent a moment later: what follows here does not wait for it, and what ends together is told together. */
  ended(ids: Iterable<string>): void {
    for (const id of ids) this.#ended.add(id)
    if (this.#later || !this.#sql.sessions) return
    this.#later = true
    this.#clock.schedule(SOON, () => {
      this.#later = false
      this.#send()
    })
  }

  /** Sends what has been put off. */
  async flush(): Promise<void> {
    if (!this.#sending && this.#sql.sessions) await this.#drain()
  }

  /** Tells these nodes, whatever they own. */
  async nudge(nodes: readonly number[]): Promise<void> {
    if (!this.#sql.sessions || nodes.length === 0) return
    await this.#sql
      .query(`select pg_notify($1::text || x.node, '') from unnest($2::int4[]) as x(node)`, [
        `${this.prefix}_`,
        sqlArray(nodes),
      ])
      .catch(() => [])
  }

  #send(): void {
    if (this.#sending || !this.#sql.sessions) return
    this.#sending = true
    queueMicrotask(() => void this.#drain())
  }

  async #drain(): Promise<void> {
    this.#sending = true
    while (this.#shards.size > 0 || this.#ended.size > 0) {
      const shards = [...this.#shards]
      const ended = [...this.#ended].slice(0, IDS)
      this.#shards.clear()
      for (const id of ended) this.#ended.delete(id)
      await this.#sql
        .query(
          `select pg_notify($1::text || s.node, '') from (
             select distinct node from ${this.#schema}.shard where id = any($2::int2[]) and node is not null) s
           union all select pg_notify($3::text, $4::text) where $4::text <> ''`,
          [`${this.prefix}_`, sqlArray(shards), this.endedChannel, ended.join(' ')],
        )
        .catch(() => [])
    }
    this.#sending = false
  }
}
