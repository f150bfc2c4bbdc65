/** Turns what the `postgres` driver rejects with into the errors of this seam. */
import postgres from 'postgres'
import { SqlConnectionError, SqlStatementError } from './errors.ts'

/** SQLSTATEs after which a connection is of no use, whatever severity the server gives them. */
const FATAL_STATES = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04', '53300', '08P01'])

/** `sent`: whether the statement had been handed to the socket when it failed. */
export function driverError(
  error: unknown,
  address: string,
  sent: 'no' | 'unknown',
): SqlStatementError | SqlConnectionError {
  if (error instanceof SqlConnectionError || error instanceof SqlStatementError) return error
  if (!(error instanceof postgres.PostgresError)) return connectionError(error, address, sent)
  if (isFatal(error)) {
    const message = `The server ended the connection to ${address}: ${error.message}`
    return new SqlConnectionError(message, { sent, sqlState: error.code, cause: error })
  }
  return statementError(error)
}

/** `error` is what the first statement of a new connection was rejected with. */
export function cannotConnect(address: string, error: unknown): SqlConnectionError {
  const reason = error instanceof SqlConnectionError && error.cause instanceof Error ? error.cause : error
  const state = error instanceof SqlConnectionError ? error.sqlState : undefined
  const message = `Cannot connect to ${address}: ${reason instanceof Error ? reason.message : String(reason)}`
  // What the server said is in the message; the stack of the driver says nothing more.
  const cause = reason instanceof postgres.PostgresError ? {} : { cause: reason }
  return new SqlConnectionError(message, {
    sent: 'no',
    hint: hintFor(state),
    ...(state && { sqlState: state }),
    ...cause,
  })
}

function hintFor(state: string | undefined): string {
  if (state === '3D000') return 'Create it with `createdb`, or name another one in the address (DATABASE_URL).'
  if (state?.startsWith('28') === true) return 'Check user and password in the address (DATABASE_URL).'
  if (state === '53300') return 'Give each node fewer connections, or the server more (max_connections).'
  return 'Check that the server runs, and its address (DATABASE_URL).'
}

function isFatal(error: postgres.PostgresError): boolean {
  return error.severity === 'FATAL' || error.severity === 'PANIC' || FATAL_STATES.has(error.code)
}

function connectionError(error: unknown, address: string, sent: 'no' | 'unknown'): SqlConnectionError {
  const reason = error instanceof Error ? error.message : String(error)
  return new SqlConnectionError(`Connection to ${address} lost: ${reason}`, { sent, cause: error })
}

function statementError(error: postgres.PostgresError): SqlStatementError {
  // As in our own error: these quote values.
  for (const name of ['detail', 'where'] as const) Object.defineProperty(error, name, { enumerable: false })
  return new SqlStatementError(error.code, error.message, {
    ...given('constraint', error.constraint_name),
    ...given('schema', error.schema_name),
    ...given('table', error.table_name),
    ...given('column', error.column_name),
    ...given('detail', error.detail),
    ...given('hint', error.hint),
    ...(error.position === undefined ? {} : { position: Number(error.position) }),
    cause: error,
  })
}

function given<Key extends string>(key: Key, value: string | undefined): { [K in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: string })
}
