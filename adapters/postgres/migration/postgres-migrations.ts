/** `PostgresMigrations`: what makes the migrator of an app, as a token. */
import { defineService } from '@justscale/core'
import { PostgresClient, PostgresConfig } from '../postgres-client.ts'
import { Migrator } from './migrator.ts'

/** The app's migrations, for commands: `await app.resolve(PostgresMigrations)`. */
export class PostgresMigrations extends defineService({
  name: 'PostgresMigrations',
  inject: { client: PostgresClient, config: PostgresConfig },
  factory: ({ client, config }) => ({
    /** The migrations in a folder. */
    in: (folder: string) =>
      new Migrator({ database: client.sql, url: config.url, folder, models: () => client.tables }),
  }),
}) {}
