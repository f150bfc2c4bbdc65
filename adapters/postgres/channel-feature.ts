/**
 * Channels over NOTIFY, with every message kept for a minute in an unlogged table: what is too long for a notification is
 * fetched from there, and what a lost connection missed is delivered when it is back. Where there is no LISTEN (a pooler in
 * transaction mode) the table is polled.
 */
import { bindService, ChannelBackend, createFeatureBuilder, defineService, Lifecycle } from '@justscale/core'
import { PgChannels } from './pg-channels.ts'
import { PostgresClient, PostgresConfig } from './postgres-client.ts'

class PgChannelBackend extends defineService({
  name: 'PgChannelBackend',
  inject: { client: PostgresClient, config: PostgresConfig, lifecycle: Lifecycle },
  factory: ({ client, config, lifecycle }) => {
    const channels = new PgChannels(client.sql, `${config.channel}_messages`)
    lifecycle.onStop(() => channels.close())
    return channels
  },
}) {}

/** Carries the app's channels to every node of the database. */
export class PostgresChannelFeature extends createFeatureBuilder()
  .name('PostgresChannelFeature')
  .requires(PostgresClient)
  .requires(PostgresConfig)
  .provides((app) => app.add(bindService(ChannelBackend, PgChannelBackend))) {}
