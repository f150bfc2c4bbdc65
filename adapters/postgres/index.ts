/** Repositories, locks, channels and migrations on PostgreSQL. */
export { createPgModel, type PgIndex, type PgModelOf, type PgModelOptions } from './pg-model.ts'
export { createPgRepository } from './pg-repository.ts'
export { PostgresFeature, PostgresSchemaFeature, type PostgresOptions } from './postgres-feature.ts'
export { PostgresClient, PostgresConfig } from './postgres-client.ts'
export { PostgresLockFeature } from './lock-feature.ts'
export { PostgresChannelFeature } from './channel-feature.ts'
export { PostgresConfigFeature } from './config-feature.ts'
export { PostgresProcessFeature, type PostgresProcessOptions } from './process-feature.ts'
export { PostgresMigrationFeature, type MigrationOptions } from './migration/migration-feature.ts'
export { PostgresMigrations } from './migration/postgres-migrations.ts'
export {
  MigrationFailedError,
  MigrationHistoryError,
  MigrationPlanError,
  PendingMigrationsError,
} from './migration/errors.ts'

// For library authors.
export { PgDatabase } from './pg-database.ts'
export { PgModel } from './pg-model.ts'
export { syncSchema } from './sync-schema.ts'
export { Migrator, type Differences, type MigrationStatus, type MigratorOptions } from './migration/migrator.ts'
