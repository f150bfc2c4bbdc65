/** The migrations of the app in an entry file, as the commands use them: the app is put together and not started. */
import { Migrator, PostgresClient, PostgresConfig } from '@justscale/postgres'
import { loadApp } from '../app/load-app.ts'
import { projectDatabase } from '../app/project-database.ts'

/** Which app, in which environment, and the folder of its files. */
export interface MigratorArguments {
  readonly entry: string
  readonly env?: string | undefined
  readonly folder: string
}

/** Calls `body` with the migrator of the app on the current project's database, and closes everything after it. */
export async function withMigrator<Result>(
  { entry, env, folder }: MigratorArguments,
  body: (migrator: Migrator) => Promise<Result>,
): Promise<Result> {
  const app = await loadApp(entry, env)
  const database = await projectDatabase()
  process.env.DATABASE_URL = database.url
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
