/** The lane for looks and claims: one that is there, whatever else waits for one. */
import type { SqlDatabase, SqlLane } from '../../sql/connection.ts'

export class ControlLane {
  readonly #sql: SqlDatabase
  readonly #deadline: number
  #lane: SqlLane | undefined
  #opening: Promise<SqlLane> | undefined
  #closed = false

  /** `deadline`: milliseconds a statement may take. */
  constructor(sql: SqlDatabase, deadline: number) {
    this.#sql = sql
    this.#deadline = deadline
  }

  /** Healthy, as far as is known; the last one again, or a new one. */
  async get(): Promise<SqlLane> {
    if (this.#lane?.healthy) return this.#lane
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined))
    return this.#opening
  }

  /** Gives it back, now and when one is just being opened. */
  close(): void {
    this.#closed = true
    this.#lane?.release()
    this.#lane = undefined
  }

  async #open(): Promise<SqlLane> {
    this.#lane?.release()
    this.#lane = undefined
    const lane = await this.#sql.lane({ pool: 'control', deadline: this.#deadline })
    if (this.#closed) lane.release()
    else this.#lane = lane
    return lane
  }
}
