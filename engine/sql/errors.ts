/**
 * Errors of the SQL seam. `SqlStatementError`: the server refused the statement, the connection is fine.
 * `SqlConnectionError`: the connection is gone, and unless `sent` says otherwise nobody knows whether the statement ran.
 */
import { EngineError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** What the server says about a refused statement. */
export interface SqlStatementDetails {
  readonly constraint?: string
  readonly schema?: string
  readonly table?: string
  readonly column?: string
  readonly detail?: string
  readonly hint?: string
  /** Offset in the statement, from 1. */
  readonly position?: number
  readonly cause?: unknown
}

/** The server refused a statement. `code` is the SQLSTATE, for example `23505` for a unique violation. */
export class SqlStatementError extends EngineError {
  static {
    nameError(this, 'SqlStatementError')
  }

  readonly code: string
  readonly constraint: string | undefined
  readonly schema: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
  /** Not enumerable: it quotes values of the row, secret ones too, and consoles print what is. */
  declare readonly detail: string | undefined
  readonly position: number | undefined

  constructor(code: string, message: string, details: SqlStatementDetails = {}) {
    super(message, details)
    this.code = code
    this.constraint = details.constraint
    this.schema = details.schema
    this.table = details.table
    this.column = details.column
    Object.defineProperty(this, 'detail', { value: details.detail })
    this.position = details.position
  }

  /** True for deadlocks, lock timeouts and serialisation failures: the whole transaction may be run again. */
  get transient(): boolean {
    return TRANSIENT.has(this.code)
  }

  /** True when what the statement holds is at fault: a value out of range, a violated constraint, a limit of the server. */
  get permanent(): boolean {
    return PERMANENT.has(this.code.slice(0, 2))
  }
}

const TRANSIENT = new Set(['40001', '40P01', '55P03'])
/** Classes of SQLSTATE. */
const PERMANENT = new Set(['22', '23', '54'])

/** The connection is gone or could not be made. */
export class SqlConnectionError extends EngineError {
  static {
    nameError(this, 'SqlConnectionError')
  }

  readonly code = 'SQL_CONNECTION'
  /** `no`: the statement never left, so it can be sent again. `unknown`: it may have run. */
  readonly sent: 'no' | 'unknown'
  /** SQLSTATE the server ended the connection with, when it said so. */
  readonly sqlState: string | undefined

  constructor(message: string, options: { sent: 'no' | 'unknown'; sqlState?: string; hint?: string; cause?: unknown }) {
    super(message, options)
    this.sent = options.sent
    this.sqlState = options.sqlState
  }
}

/** All connections of a pool stayed in use for as long as the caller was willing to wait. */
export class SqlPoolTimeoutError extends EngineError {
  static {
    nameError(this, 'SqlPoolTimeoutError')
  }

  readonly code = 'SQL_POOL_TIMEOUT'
}
