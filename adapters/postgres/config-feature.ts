/**
 * Changes of the configuration in Postgres: one row for the whole database, replaced by a compare-and-swap of its version,
 * so that nodes which change it at the same time lose nothing. Every node is told over the change feed.
 */
import { bindService, createFeatureBuilder, defineService } from '@justscale/core'
import { ConfigStore, type ConfigChanges, type StoredConfig } from '@justscale/core/config'
import { frameworkSchema } from './framework-schema.ts'
import type { PgDatabase } from './pg-database.ts'
import { PostgresClient } from './postgres-client.ts'

const READ = `select version, changes::text as changes from justscale_config`

const FIRST = `insert into justscale_config (version, changes) values (1, $1::jsonb) on conflict do nothing returning version`

const REPLACE = `
  update justscale_config set version = version + 1, changes = $1::jsonb, changed_at = now()
  where version = $2::bigint
  returning version`

class PgConfigStore extends ConfigStore {
  readonly place = 'the database'
  readonly #database: PgDatabase

  constructor(database: PgDatabase) {
    super()
    this.#database = database
  }

  async read(): Promise<StoredConfig> {
    await frameworkSchema(this.#database.sql)
    const [row] = await this.#database.sql.query(READ)
    if (row === undefined) return { changes: {}, version: '0' }
    return { changes: JSON.parse(row.changes as string) as ConfigChanges, version: String(row.version) }
  }

  async write(changes: ConfigChanges, version: string): Promise<boolean> {
    await frameworkSchema(this.#database.sql)
    const text = JSON.stringify(changes)
    const written = await (version === '0'
      ? this.#database.sql.query(FIRST, [text])
      : this.#database.sql.query(REPLACE, [text, version]))
    if (written.length > 0) this.#database.changes.announce('justscale_config', ['changes'])
    return written.length > 0
  }

  watch(onChange: () => void): Promise<{ close(): Promise<void> }> {
    return this.#database.changes.watch('justscale_config', 'changes', onChange)
  }
}

class PgConfig extends defineService({
  name: 'PgConfig',
  inject: { client: PostgresClient },
  factory: ({ client }) => new PgConfigStore(client),
}) {}

/** Keeps what `ConfigService` changes in the database, for all nodes. */
export class PostgresConfigFeature extends createFeatureBuilder()
  .name('PostgresConfigFeature')
  .requires(PostgresClient)
  .provides((app) => app.add(bindService(ConfigStore, PgConfig))) {}
