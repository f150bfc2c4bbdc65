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

function isFatal(error: postgres.PostgresError): boolean {
  return error.severity === 'FATAL' || error.severity === 'PANIC' || FATAL_STATES.has(error.code)
}

function connectionError(error: unknown, address: string, sent: 'no' | 'unknown'): SqlConnectionError {
  const reason = error instanceof Error ? error.message : String(error)
  return new SqlConnectionError(`Connection to ${address} lost: ${reason}`, { sent, cause: error })
}

function statementError(error: postgres.PostgresError): SqlStatementError {
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
