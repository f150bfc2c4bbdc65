/**
 * Makes, runs, undoes and checks migrations. Any number of nodes may run them at once: they take turns, and each file is
 * applied once, in a transaction of its own.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SqlStatementError, type SqlDatabase, type SqlLane, type SqlRunner } from '@justscale/engine/sql'
import type { PgModel } from '../pg-model.ts'
import { syncSchema } from '../sync-schema.ts'
import { backfillOf, isUniqueColumn, renameStatements } from './model-hints.ts'
import { MigrationFailedError, MigrationHistoryError, MigrationPlanError } from './errors.ts'
import { printMigration, readMigrations, splitStatements, type MigrationFile } from './migration-file.ts'
import { planMigration } from './plan.ts'
import { readSchema } from './schema.ts'
import { withScratch } from './scratch.ts'

/** Of `new Migrator(...)`. */
export interface MigratorOptions {
  readonly database: SqlDatabase
  /** Address of the database, to make scratch databases beside it. */
  readonly url: string
  /** Folder of the `.sql` files. */
  readonly folder: string
  readonly models: () => Iterable<PgModel>
}

export interface MigrationStatus {
  readonly name: string
  readonly appliedAt: Temporal.Instant | undefined
}

export interface StartOptions {
  /**
   * Whether the database may have migrations that come after all of the files (default false): those of a newer build that
   * is being rolled out, or was taken back.
   */
  readonly allowNewer?: boolean
}

/** Names the turn of migrating. */
const TURN = 4_203_901_773

const LEDGER = `create table if not exists justscale_migration (
  name text primary key, checksum text not null, batch integer not null, applied_at timestamptz not null default clock_timestamp()
)`

interface Applied extends Record<string, unknown> {
  readonly name: string
  readonly checksum: string
  readonly batch: number
  readonly applied_at: string
}

/** What `verify` found: nothing where all three are empty. */
export interface Differences {
  readonly models: readonly string[]
  readonly pending: readonly string[]
  readonly drift: readonly string[]
}

/** What `just migrate` does, for programs. */
export class Migrator {
  readonly #options: MigratorOptions

  constructor(options: MigratorOptions) {
    this.#options = options
  }

  /** Every file, with when it was applied. Rejects with `MigrationHistoryError` when history was changed. */
  async status(): Promise<readonly MigrationStatus[]> {
    const { files, applied } = await this.#history()
    return files.map(({ name }) => {
      const row = applied.get(name)
      return { name, appliedAt: row && Temporal.Instant.from(row.applied_at) }
    })
  }

  /** Names of the files that were not applied yet. */
  async pending(options: StartOptions = {}): Promise<readonly string[]> {
    const { files, applied } = await this.#history(options)
    return files.map(({ name }) => name).filter((name) => !applied.has(name))
  }

  /** Applies what is pending, in order, and gives the names. Rejects with `MigrationFailedError`; earlier files stay applied. */
  async run(options: StartOptions = {}): Promise<readonly string[]> {
    const { files, applied } = await this.#history(options)
    const batch = Math.max(0, ...[...applied.values()].map((row) => row.batch)) + 1
    const done: string[] = []
    for (const file of files) {
      if (!applied.has(file.name) && (await this.#apply(file, 'up', batch))) done.push(file.name)
    }
    return done
  }

  /** Undoes the files that the last `run` applied, newest first, and gives their names. */
  async rollback(): Promise<readonly string[]> {
    const { files, applied } = await this.#history()
    const last = Math.max(0, ...[...applied.values()].map((row) => row.batch))
    const undone: string[] = []
    for (const file of files.toReversed()) {
      if (applied.get(file.name)?.batch === last && (await this.#apply(file, 'down', last))) undone.push(file.name)
    }
    return undone
  }

  /**
   * Writes the file that leads from the existing files to the models, and gives its path; `undefined` when there is nothing
   * to do. Rejects with `MigrationPlanError`. The database itself is not looked at, only a scratch one beside it.
   */
  async make(name: string, now: Temporal.Instant = Temporal.Now.instant()): Promise<string | undefined> {
    const models = [...this.#options.models()]
    const plan = await this.#compare(models)
    if (plan.problems.length > 0) throw new MigrationPlanError(plan.problems)
    if (plan.up.length === 0) return undefined
    const stamp = stampAfter(await readMigrations(this.#options.folder), now)
    const slug = name
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}]+/gu, '_')
      .replaceAll(/^_|_$/g, '')
    const path = join(this.#options.folder, `${stamp}_${slug || 'migration'}.sql`)
    await mkdir(this.#options.folder, { recursive: true })
    await Bun.write(path, printMigration(plan.up, plan.down))
    return path
  }

  /**
   * What is not as it should be, in words: statements that would still be needed to reach the models from the files
   * (`models`), files that were not applied yet (`pending`), and statements from the database to what the applied ones make (`drift`).
   */
  async verify(): Promise<Differences> {
    const { database, url } = this.#options
    const { up, problems } = await this.#compare([...this.#options.models()])
    const { files, applied } = await this.#history()
    const drift = await withScratch(database, url, async (scratch) => {
      await replay(
        scratch,
        files.filter(({ name }) => applied.has(name)),
      )
      return planMigration(await readSchema(database), await readSchema(scratch), { backfill: () => undefined })
        .statements
    })
    const pending = files.map(({ name }) => name).filter((name) => !applied.has(name))
    return { models: [...problems, ...up], pending, drift }
  }

  async #compare(models: readonly PgModel[]): Promise<{ up: string[]; down: string[]; problems: readonly string[] }> {
    const { database, url } = this.#options
    const wanted = await withScratch(database, url, async (scratch) => {
      await syncSchema(scratch, models)
      return readSchema(scratch)
    })
    return withScratch(database, url, async (scratch) => {
      await replay(scratch, await readMigrations(this.#options.folder))
      const renames = renameStatements(models, await readSchema(scratch))
      for (const { up } of renames) await scratch.query(up)
      const present = await readSchema(scratch)
      const forward = planMigration(present, wanted, {
        backfill: (table, column) => backfillOf(models, table, column),
        isUnique: (table, column) => isUniqueColumn(models, table, column),
      })
      const back = planMigration(wanted, present, { backfill: () => undefined, undoing: true })
      const problems = forward.problems.length > 0 ? forward.problems : await refusalsOf(scratch, forward.statements)
      return {
        up: [...renames.map(({ up }) => up), ...forward.statements],
        down: [...back.statements, ...renames.toReversed().map(({ down }) => down)],
        problems,
      }
    })
  }

  async #history({ allowNewer = false }: StartOptions = {}): Promise<{
    readonly files: readonly MigrationFile[]
    readonly applied: ReadonlyMap<string, Applied>
  }> {
    const files = await readMigrations(this.#options.folder)
    const [{ exists } = { exists: false }] = await this.#options.database.query<{ exists: boolean }>(
      `select to_regclass('justscale_migration') is not null as exists`,
    )
    const rows = exists ? await this.#options.database.query<Applied>(`${READ} order by name`) : []
    const newest = files.at(-1)?.name
    const byName = new Map(files.map((file) => [file.name, file]))
    for (const row of rows) {
      const file = byName.get(row.name)
      if (!file && allowNewer && newest !== undefined && row.name > newest) continue
      if (!file)
        throw new MigrationHistoryError(`${row.name} is applied, but its file is gone`, {
          hint: 'Restore the file; to undo a migration use rollback.',
        })
      if (file.checksum !== row.checksum) {
        throw new MigrationHistoryError(`${row.name}.sql was changed after it was applied`, {
          hint: 'Restore it and make another migration for the change.',
        })
      }
    }
    return { files, applied: new Map(rows.map((row) => [row.name, row])) }
  }

  /** False when another node was faster. */
  async #apply(file: MigrationFile, direction: 'up' | 'down', batch: number): Promise<boolean> {
    const { database } = this.#options
    if (!database.sessions) {
      throw new MigrationHistoryError('Migrations cannot run through a pooler in transaction mode', {
        hint: 'Give the address of the server itself to the command that migrates.',
      })
    }
    const lane = await database.lane({ timeout: 60_000, deadline: 0 })
    try {
      await takeTurn(lane)
      await lane.query(LEDGER)
      const [row] = await lane.query('select 1 from justscale_migration where name = $1::text', [file.name])
      if ((row !== undefined) === (direction === 'up')) return false
      await this.#execute(lane, file, direction, batch)
      return true
    } finally {
      if (lane.healthy) await lane.query('select pg_advisory_unlock_all()').catch(() => {})
      lane.release()
    }
  }

  async #execute(lane: SqlLane, file: MigrationFile, direction: 'up' | 'down', batch: number): Promise<void> {
    const send = async (statement: string) => {
      await lane.query(statement).catch((error: unknown) => {
        throw new MigrationFailedError(file, direction, statement, error)
      })
    }
    if (!file.transaction) {
      for (const statement of splitStatements(file[direction])) await send(statement)
      return this.#note(lane, file, direction, batch)
    }
    await lane.query('begin')
    try {
      if (file[direction] !== '') await send(file[direction])
      await this.#note(lane, file, direction, batch)
      await lane.query('commit')
    } catch (error) {
      if (lane.healthy) await lane.query('rollback')
      throw error
    }
  }

  async #note(runner: SqlRunner, file: MigrationFile, direction: 'up' | 'down', batch: number): Promise<void> {
    if (direction === 'down')
      return void (await runner.query('delete from justscale_migration where name = $1::text', [file.name]))
    await runner.query(
      'insert into justscale_migration (name, checksum, batch) values ($1::text, $2::text, $3::integer)',
      [file.name, file.checksum, batch],
    )
  }
}

async function replay(scratch: SqlDatabase, files: readonly MigrationFile[]): Promise<void> {
  for (const file of files) {
    for (const statement of file.transaction ? [file.up] : splitStatements(file.up)) {
      if (statement === '') continue
      await scratch.query(statement).catch((error: unknown) => {
        throw new MigrationFailedError(file, 'replay', statement, error)
      })
    }
  }
}

/** SQLSTATEs of a change of type that the server cannot make. */
const OTHER_TYPE = new Set(['42804', '42846'])

/** What the server would not do, even without rows: change a number into a list, for example. */
async function refusalsOf(scratch: SqlDatabase, statements: readonly string[]): Promise<readonly string[]> {
  for (const statement of statements) {
    try {
      await scratch.query(statement)
    } catch (error) {
      if (!(error instanceof SqlStatementError)) throw error
      const { message, detail, code } = error
      const advice = OTHER_TYPE.has(code)
        ? '. Give the field another name, move the values in one migration, and drop the old one in the next'
        : ''
      return [`Postgres refuses \`${statement}\`: ${message}${detail ? ` (${detail})` : ''}${advice}`]
    }
  }
  return []
}

/**
 * By asking again, and outside of a transaction: a statement that waits for the turn, or a transaction that has it, would be
 * waited for by `create index concurrently`.
 */
async function takeTurn(lane: SqlLane): Promise<void> {
  for (;;) {
    const [row] = await lane.query('select pg_try_advisory_lock($1::bigint) as mine', [TURN])
    if (row?.mine === true) return
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

/** Milliseconds. */
const PAUSE = 50

const READ = `select name, checksum, batch, to_char(applied_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.USZ') as applied_at from justscale_migration`

/** The time, or a second after the newest file where that one is of the same second or of a clock that was ahead. */
function stampAfter(files: readonly MigrationFile[], now: Temporal.Instant): string {
  const stamp = Number(now.toString({ smallestUnit: 'second' }).replaceAll(/[^0-9]/g, ''))
  const newest = Math.max(0, ...files.map(({ name }) => Number(/^(\d{14})_/.exec(name)?.[1] ?? 0)))
  return String(Math.max(stamp, newest + 1))
}
