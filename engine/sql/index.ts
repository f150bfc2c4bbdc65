/** The SQL seam: what adapters and stores import from `@justscale/engine/sql`. */
export type {
  SqlDatabase,
  SqlLane,
  SqlLaneOptions,
  SqlRow,
  SqlRunner,
  SqlStatement,
  SqlSubscription,
  SqlValue,
} from './connection.ts'
export { sqlArray } from './connection.ts'
export { openPostgres } from './postgres-js.ts'
export type { PostgresOptions } from './postgres-js.ts'
export { SqlConnectionError, SqlPoolTimeoutError, SqlStatementError } from './errors.ts'
export type { SqlStatementDetails } from './errors.ts'

// For library authors.
export { parsePostgresAddress } from './address.ts'
export type { PostgresAddress } from './address.ts'
