/**
 * Changes of the configuration in Postgres: one row for each app, by its name, replaced by a compare-and-swap of its version,
 * so that nodes which change it at the same time lose nothing. Every node is told over the change feed.
 */
import { bindService, createFeatureBuilder, defineService, requireApp } from '@justscale/core'
import { ConfigStore, type ConfigChanges, type StoredConfig } from '@justscale/core/config'
import { frameworkSchema } from './framework-schema.ts'
import type { PgDatabase } from './pg-database.ts'
import { PostgresClient } from './postgres-client.ts'

const READ = `select version, changes::text as changes from justscale_config where app = $1::text`

const FIRST = `
  insert into justscale_config (app, version, changes) values ($1::text, 1, $2::jsonb)
  on conflict do nothing
  returning version`

const REPLACE = `
  update justscale_config set version = version + 1, changes = $2::jsonb, changed_at = now()
  where app = $1::text and version = $3::bigint
  returning version`

class PgConfigStore extends ConfigStore {
  readonly place = 'the database'
  readonly #database: PgDatabase
  readonly #app: string

  constructor(database: PgDatabase, app: string) {
    super()
    this.#database = database
    this.#app = app
  }

  async read(): Promise<StoredConfig> {
    await frameworkSchema(this.#database.sql)
    const [row] = await this.#database.sql.query(READ, [this.#app])
    if (row === undefined) return { changes: {}, version: '0' }
    return { changes: JSON.parse(row.changes as string) as ConfigChanges, version: String(row.version) }
  }

  async write(changes: ConfigChanges, version: string): Promise<boolean> {
    await frameworkSchema(this.#database.sql)
    const text = JSON.stringify(changes)
    const written = await (version === '0'
      ? this.#database.sql.query(FIRST, [this.#app, text])
      : this.#database.sql.query(REPLACE, [this.#app, text, version]))
    if (written.length > 0) this.#database.changes.announce('justscale_config', [encodeURIComponent(this.#app)])
    return written.length > 0
  }

  watch(onChange: () => void): Promise<{ close(): Promise<void> }> {
    return this.#database.changes.watch('justscale_config', encodeURIComponent(this.#app), onChange)
  }
}

class PgConfig extends defineService({
  name: 'PgConfig',
  inject: { client: PostgresClient },
  factory: ({ client }) => new PgConfigStore(client, requireApp('PostgresConfigFeature').name),
}) {}

/** Keeps what `ConfigService` changes in the database, for all nodes of the app (`JustScale().named('shop')`). */
export class PostgresConfigFeature extends createFeatureBuilder()
  .name('PostgresConfigFeature')
  .requires(PostgresClient)
  .provides((app) => app.add(bindService(ConfigStore, PgConfig))) {}
