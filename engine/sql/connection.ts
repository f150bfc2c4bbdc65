/**
 * The connection seam: all SQL of the engine's store and of adapters/postgres goes through it, and nothing else touches a
 * driver. A `SqlDatabase` runs single statements on a pool; a `SqlLane` is one connection of your own, for a transaction
 * or for the flushes of one lane. Lanes are spoken to with plain statements (`begin`, `commit`, `rollback`) and are
 * thrown away after any connection error. The shipped implementation is `postgres-js.ts`.
 *
 * Values: parameters are `$1`, `$2`, ... and always cast in the statement (`$1::uuid`); a string goes to the server as it
 * is, JSON text too. int8 and numeric arrive as strings unless the statement casts them; timestamps and dates arrive as the
 * server's text; json and jsonb arrive parsed; bytea is `Uint8Array`. Arrays are passed through `sqlArray()` as a text
 * literal with a cast (`$1::int8[]`), because drivers disagree on binary arrays, and arrive as text: select `to_json(x)`.
 * A statement without parameters may hold several, separated by `;`: the rows are those of the last.
 *
 * `commit` of a transaction that had failed rejects with `SqlStatementError` 25P02 instead of quietly rolling back.
 */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array

export type SqlRow = Record<string, unknown>

export interface SqlRunner {
  /**
   * Runs one statement. Rejects with `SqlStatementError` (the server refused it: `code` is the SQLSTATE) or
   * `SqlConnectionError` (it is not known whether it ran).
   */
  query<Row extends SqlRow = SqlRow>(text: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]>
}

export interface SqlLane extends SqlRunner {
  /** Sends statements without waiting for one another's answer; one server round trip. Rejects with the first failure. */
  pipeline(statements: readonly SqlStatement[]): Promise<readonly (readonly SqlRow[])[]>
  /** False after a connection error: only `release` may follow. */
  readonly healthy: boolean
  /** The server's process id of this connection, to name or end it. */
  readonly backend: number
  /** Asks the server to cancel the running statement. */
  cancel(): Promise<void>
  /** Gives the lane back. An unhealthy lane, or one inside a transaction, is closed instead of reused. */
  release(): void
}

export interface SqlStatement {
  readonly text: string
  readonly parameters?: readonly SqlValue[]
}

export interface SqlDatabase extends SqlRunner {
  /** Equal for two clients of the same server and database: what `JoinableTransaction.storage` holds. */
  readonly identity: string
  /**
   * False behind a pooler in transaction mode, where a session is not ours beyond a transaction: no LISTEN, no session
   * settings, no session locks.
   */
  readonly sessions: boolean
  /** What its connections are called in `pg_stat_activity`. */
  readonly applicationName: string
  /** Where it connects, without the password, for messages. */
  readonly address: string
  /**
   * A connection of your own. Waits at most `timeout` milliseconds (default 5,000) for one of `size` places of the named
   * pool (default pool `work`), then rejects with `SqlPoolTimeoutError`.
   */
  lane(options?: SqlLaneOptions): Promise<SqlLane>
  /**
   * Subscribes to a NOTIFY channel on a shared connection. `onListening` runs at every (re)connection: catch up there, on
   * what was notified in the last `silent` milliseconds (0 at the first one).
   */
  listen(
    channel: string,
    onNotify: (payload: string) => void,
    onListening?: (silent: number) => void,
  ): Promise<SqlSubscription>
  /** Ends all connections. `deadline` milliseconds (default 5,000), then they are cut. */
  close(deadline?: number): Promise<void>
}

export interface SqlLaneOptions {
  /** `work` is for units of work, `flush` for the engine's checkpoints, `control` for heartbeats. */
  readonly pool?: 'work' | 'flush' | 'control'
  readonly timeout?: number
  /** Milliseconds a statement may stay unanswered before the connection is cut; 0 for ever. Default: the database's. */
  readonly deadline?: number
  readonly signal?: AbortSignal
}

export interface SqlSubscription {
  close(): Promise<void>
}

/** A one-dimensional array as a text literal, to be cast in the statement: `= any($1::uuid[])`. `null` elements stay null. */
export function sqlArray(values: readonly (string | number | bigint | boolean | null)[]): string {
  return `{${values.map(sqlArrayElement).join(',')}}`
}

/** What needs no quotes in an array: ids above all. */
const PLAIN = /^[0-9a-f][0-9a-f-]*$/
const ESCAPED = /["\\]/g

/** What is no text is made text as the elements are joined. */
function sqlArrayElement(value: string | number | bigint | boolean | null): string | number | bigint | boolean {
  if (value === null) return 'NULL'
  if (typeof value !== 'string' || PLAIN.test(value)) return value
  return `"${value.replace(ESCAPED, '\\$&')}"`
}
