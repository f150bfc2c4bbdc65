/** Errors of migrations. */
import { CoreError } from '@justscale/core'

/** The database lacks migrations that the app comes with. */
export class PendingMigrationsError extends CoreError {
  readonly code = 'POSTGRES_MIGRATIONS_PENDING'

  constructor(names: readonly string[]) {
    super(`The database lacks ${names.length} migration${names.length === 1 ? '' : 's'}: ${names.join(', ')}`, {
      hint: 'Run them: `just migrate run`, or `migrate run` of the app itself, as in `bun main.ts migrate run`.',
    })
  }
}

/** Files and database tell different stories: an applied file was edited or removed, or a file cannot be read. */
export class MigrationHistoryError extends CoreError {
  readonly code = 'POSTGRES_MIGRATION_HISTORY'
}

/** A migration failed and was undone. */
export class MigrationFailedError extends CoreError {
  readonly code = 'POSTGRES_MIGRATION_FAILED'

  constructor(name: string, direction: 'up' | 'down', undone: boolean, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`${name} (${direction}) failed${undone ? ' and was undone' : ''}: ${reason}`, {
      cause,
      ...(!undone && {
        hint: 'It runs outside of a transaction, so what it did before the failure is still there: put that right by hand.',
      }),
    })
  }
}

/** The models changed in a way that no statement can be made for without knowing more. */
export class MigrationPlanError extends CoreError {
  readonly code = 'POSTGRES_MIGRATION_PLAN'

  constructor(problems: readonly string[]) {
    super(`The migration cannot be made:\n${problems.map((each) => `  ${each}`).join('\n')}`)
  }
}
