/**
 * `PostgresMigrationFeature`: an app starts only on a database that has its migrations. In production it says what to run;
 * everywhere else it runs them. Migrations of a newer build do not keep an older one from starting: while one is rolled out,
 * nodes of both run.
 */
import { configurable, createFeatureBuilder } from '@justscale/core'
import { PostgresClient, PostgresConfig } from '../postgres-client.ts'
import { PendingMigrationsError } from './errors.ts'
import { migrationCommands } from './migration-commands.ts'
import { PostgresMigrations } from './postgres-migrations.ts'

/** Of `PostgresMigrationFeature(...)`. */
export interface MigrationOptions {
  /** Folder of the `.sql` files (default `migrations`, from where the program runs). */
  readonly folder?: string
  /** Whether starting applies what is pending (default: unless `JUSTSCALE_ENV` or `NODE_ENV` is `production`). */
  readonly runAtStart?: boolean
}

/** An app starts on a database that has its migrations, or not at all. */
export const PostgresMigrationFeature = configurable(({ folder = 'migrations', runAtStart }: MigrationOptions) =>
  createFeatureBuilder()
    .name('PostgresMigrationFeature')
    .requires(PostgresClient)
    .requires(PostgresConfig)
    .onStart(async ({ resolve }) => {
      const migrator = (await resolve(PostgresMigrations)).in(folder)
      if (runAtStart ?? !isProduction()) {
        await migrator.run({ allowNewer: true })
        return
      }
      const pending = await migrator.pending({ allowNewer: true })
      if (pending.length > 0) throw new PendingMigrationsError(pending)
    })
    .provides((app) => app.add(PostgresMigrations).add(migrationCommands(folder))),
)

function isProduction(): boolean {
  return (process.env.JUSTSCALE_ENV ?? process.env.NODE_ENV) === 'production'
}
