/** Errors of migrations. */
import { CoreError, nameError } from '@justscale/core'
import { SqlStatementError } from '@justscale/engine/sql'
import type { MigrationFile } from './migration-file.ts'

/** The database lacks migrations that the app comes with. */
export class PendingMigrationsError extends CoreError {
  static {
    nameError(this, 'PendingMigrationsError')
  }

  readonly code = 'POSTGRES_MIGRATIONS_PENDING'

  constructor(names: readonly string[]) {
    super(`The database lacks ${names.length} migration${names.length === 1 ? '' : 's'}: ${names.join(', ')}`, {
      hint: 'Run them: `just migrate run`, or `migrate run` of the app itself, as in `bun main.ts migrate run`.',
    })
  }
}

/** Files and database tell different stories: an applied file was edited or removed, or a file cannot be read. */
export class MigrationHistoryError extends CoreError {
  static {
    nameError(this, 'MigrationHistoryError')
  }

  readonly code = 'POSTGRES_MIGRATION_HISTORY'
}

/** A migration failed. Unless it runs outside of a transaction, it was undone. */
export class MigrationFailedError extends CoreError {
  static {
    nameError(this, 'MigrationFailedError')
  }

  readonly code = 'POSTGRES_MIGRATION_FAILED'

  /** `statement` is what was sent; `replay`: to an empty database, to see where the files lead. */
  constructor(file: MigrationFile, direction: 'up' | 'down' | 'replay', statement: string, error: unknown) {
    const refused = error instanceof SqlStatementError ? error : undefined
    const reason = error instanceof Error ? error.message : String(error)
    const detail = refused?.detail ? ` (${refused.detail})` : ''
    const line = refused?.position === undefined ? '' : `:${lineOf(file.text, statement, refused.position)}`
    const undone = file.transaction ? ' and was undone' : ''
    const failed =
      direction === 'replay' ? 'cannot be run on what the files before it make' : `(${direction}) failed${undone}`
    super(`${file.name}.sql${line} ${failed}: ${reason}${detail}`, {
      // What the server said is in the message; the stack of the driver says nothing more.
      ...(refused === undefined && { cause: error }),
      hint: hintFor(file, direction, refused?.code),
    })
  }
}

/** SQLSTATEs of a table, column, index, constraint or type that is there already. */
const THERE_ALREADY = new Set(['42P07', '42701', '42710'])

function hintFor(file: MigrationFile, direction: 'up' | 'down' | 'replay', state: string | undefined): string {
  if (direction === 'replay')
    return 'The database was not touched. A file before it makes this already, or it needs something that no file makes: together the files must lead from an empty database to the models.'
  if (!file.transaction)
    return 'It runs outside of a transaction, so what it did before the failure is still there: put that right by hand.'
  if (state === '25001') return 'Give it a line `-- transaction: false`: then it runs outside of a transaction.'
  if (direction === 'down')
    return 'It is applied as before: correct its `-- down` part, which may change, and undo it again.'
  if (state !== undefined && THERE_ALREADY.has(state))
    return 'Nothing of it is in the database. PostgresSchemaFeature may have made this before: begin with an empty database, in development by removing the folder .justscale/postgres.'
  return 'Nothing of it is in the database: correct the file and run it again.'
}

function lineOf(text: string, statement: string, position: number): number {
  const start = Math.max(0, text.indexOf(statement))
  return text.slice(0, start + position - 1).split('\n').length
}

/** The models changed in a way that no statement can be made for without knowing more. */
export class MigrationPlanError extends CoreError {
  static {
    nameError(this, 'MigrationPlanError')
  }

  readonly code = 'POSTGRES_MIGRATION_PLAN'

  constructor(problems: readonly string[]) {
    super(`The migration cannot be made:\n${problems.map((each) => `  ${each}`).join('\n')}`)
  }
}
