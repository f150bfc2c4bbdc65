/** `PostgresFeature`: the connection of an app. Add it before anything that is kept in Postgres. */
import { configurable, createFeatureBuilder } from '@justscale/core'
import { provideConfig } from '@justscale/core/config'
import { PostgresClient, PostgresConfig } from './postgres-client.ts'
import { syncSchema } from './sync-schema.ts'

/** Of `PostgresFeature(...)`. */
export interface PostgresOptions {
  /** Default: `DATABASE_URL`. */
  readonly url?: string
  /** Prefix of notification channels; default: `SIGNAL_CHANNEL`, or `justscale`. */
  readonly channel?: string
  /** Connections for units of work at most (default 10). */
  readonly connections?: number
  /** Milliseconds that a unit of work may ask nothing of the server until the server ends it (default 5 minutes). */
  readonly idleInTransaction?: number
}

/** `DATABASE_URL`, or with settings of your own: for tests, and for apps with several databases. */
export const PostgresFeature = configurable((options: PostgresOptions) =>
  createFeatureBuilder()
    .name('PostgresFeature')
    .provides((app) =>
      app
        .add(
          provideConfig(PostgresConfig, (environment) => ({
            url: options.url ?? (environment.DATABASE_URL || undefined),
            channel: options.channel ?? environment.SIGNAL_CHANNEL,
            connections: options.connections,
            idleInTransaction: options.idleInTransaction,
          })),
        )
        .add(PostgresClient),
    ),
)

/**
 * Creates at start what the models need and the database lacks: tables, columns, indexes, references. For tests and first
 * steps; it never drops or changes anything, which is what migrations are for.
 */
export class PostgresSchemaFeature extends createFeatureBuilder()
  .name('PostgresSchemaFeature')
  .requires(PostgresClient)
  .onStart(async ({ resolve }) => {
    const client = await resolve(PostgresClient)
    await syncSchema(client.sql, client.tables)
  })
  .build() {}
