/** The migrations of the app in an entry file, as the commands use them: the app is put together and not started. */
import { resolve } from 'node:path'
import type { AppDefinition } from '@justscale/core'
import { resolveDatabase } from '@justscale/engine/embedded'
import { Migrator, PostgresClient, PostgresConfig } from '@justscale/postgres'

/** Calls `body` with the migrator of `entry`'s app on the current project's database, and closes everything after it. */
export async function withMigrator<Result>(
  entry: string,
  folder: string,
  body: (migrator: Migrator) => Promise<Result>,
): Promise<Result> {
  const database = await resolveDatabase()
  process.env.DATABASE_URL = database.url
  const loaded: unknown = await import(resolve(entry))
  const app = await definitionOf(loaded, entry).create()
  try {
    return await app.run(async () => {
      const client = await app.resolve(PostgresClient)
      const { url } = await app.resolve(PostgresConfig)
      return body(new Migrator({ database: client.sql, url, folder, models: () => client.tables }))
    })
  } finally {
    await (await app.resolve(PostgresClient)).close()
    await database.stop()
  }
}

function definitionOf(loaded: unknown, entry: string): AppDefinition<unknown> {
  const found = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined
  if (typeof found === 'object' && found !== null && 'create' in found) return found as AppDefinition<unknown>
  throw new TypeError(`${entry} does not export an app: export default defineApp(import.meta, () => ...)`)
}
