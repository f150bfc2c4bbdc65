/** The migrations of the app in an entry file, as the commands use them: the app is put together and not started. */
import { Migrator, PostgresClient, PostgresConfig } from '@justscale/postgres'
import { loadDefinition } from '../app/load-app.ts'
import { projectDatabase } from '../app/project-database.ts'

/** Calls `body` with the migrator of `entry`'s app on the current project's database, and closes everything after it. */
export async function withMigrator<Result>(
  entry: string,
  folder: string,
  body: (migrator: Migrator) => Promise<Result>,
): Promise<Result> {
  const database = await projectDatabase()
  process.env.DATABASE_URL = database.url
  const app = await (await loadDefinition(entry)).create()
  try {
    return await app.run(async () => {
      const client = await app.resolve(PostgresClient)
      const { url } = await app.resolve(PostgresConfig)
      return body(new Migrator({ database: client.sql, url, folder, models: () => client.tables }))
    })
  } finally {
    await app.stop()
    await database.stop()
  }
}
