/** Durable processes on Postgres, in the database of `PostgresFeature`: they outlive the OS process, on any node. */
import { processFeature } from '@justscale/core/process'
import { PostgresStore } from '@justscale/engine/postgres'
import { PostgresClient, PostgresConfig } from './postgres-client.ts'

/** Runs the app's processes and signals; its tables are in the schema `justscale`. Add it after `PostgresFeature`. */
export class PostgresProcessFeature extends processFeature({
  name: 'PostgresProcessFeature',
  inject: { client: PostgresClient, config: PostgresConfig },
  open: ({ client, config }) => new PostgresStore({ url: config.url, sql: client.sql }),
}) {}
