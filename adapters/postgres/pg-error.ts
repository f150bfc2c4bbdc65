/** What the server refuses, in the words of the model. */
import { modelName } from '@justscale/core'
import { TransactionLostError } from '@justscale/core/cell'
import { DeadlockError, LockTimeoutError, type LockPlace } from '@justscale/core/lock'
import { ReferenceViolationError, StorageRefusedError, UniqueViolationError } from '@justscale/core/repository'
import { SqlConnectionError, SqlPoolTimeoutError, SqlStatementError } from '@justscale/engine/sql'
import type { PgModel } from './pg-model.ts'

export interface ErrorContext {
  readonly table: PgModel
  /** Every table of the client: a delete can be refused by a constraint of another. */
  readonly tables: Iterable<PgModel>
  /** What was locked or written: `Order(0192...)`, `insert of Order`. */
  readonly target: string
  /** Milliseconds a lock was waited for. */
  readonly timeout?: number
  /** Who holds it, if that is known on this node. */
  readonly holder?: LockPlace | undefined
}

/** The error to throw instead of `error`; others stay as they are. */
export function translateError(error: unknown, context: ErrorContext): unknown {
  if (error instanceof SqlPoolTimeoutError)
    return new LockTimeoutError(context.target, context.timeout ?? 0, context.holder, error)
  if (error instanceof SqlConnectionError) return new TransactionLostError(error.message, error.sent, error)
  if (!(error instanceof SqlStatementError)) return error
  switch (error.code) {
    case '23505': {
      const fields = context.table.uniqueFields(error.constraint ?? '')
      return new UniqueViolationError(context.table.name, fields ?? [error.constraint ?? 'key'], error)
    }
    case '23503':
      return referenceViolation(error, context)
    case '40P01':
      return new DeadlockError(context.target, undefined, undefined, error)
    case '55P03':
    case '57014':
      return new LockTimeoutError(context.target, context.timeout ?? 0, context.holder, error)
    case '40001':
      return new TransactionLostError(error.message, 'no', error)
    default:
      return new StorageRefusedError(context.target, error.message, error, problemOf(error))
  }
}

/** Class 54 of SQLSTATE: limits of the server. */
function problemOf(error: SqlStatementError): 'schema' | 'size' {
  return error.code.startsWith('54') ? 'size' : 'schema'
}

function referenceViolation(error: SqlStatementError, context: ErrorContext): unknown {
  for (const table of context.tables) {
    const reference = table.references.find((each) => each.name === error.constraint)
    if (!reference) continue
    // Of a self-reference only the text says which side failed.
    const deleted = error.message.includes('update or delete on table')
    return new ReferenceViolationError(
      modelName(table.model),
      reference.column.field,
      deleted ? 'referenced' : 'missing',
      error,
    )
  }
  return new StorageRefusedError(context.target, error.message, error)
}
