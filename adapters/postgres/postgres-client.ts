/**
 * `PostgresClient`: the app's connections, as a token. It comes with `PostgresFeature` and takes its address from
 * `DATABASE_URL`; repositories, locks, channels and migrations of the app share it.
 */
import { defineService } from '@justscale/core'
import { defineConfig } from '@justscale/core/config'
import { openPostgres } from '@justscale/engine/sql'
import { z } from 'zod'
import { PgDatabase } from './pg-database.ts'

/** `DATABASE_URL` and `SIGNAL_CHANNEL` (prefix of notification channels, default `justscale`). */
export class PostgresConfig extends defineConfig(
  'postgres',
  z.object({
    url: z
      .string('is not set; `bunx just dev` starts the app with a database of its own')
      .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// address'),
    channel: z.string().default('justscale'),
    /** Connections for units of work at most. */
    connections: z.number().int().positive().default(10),
    /** Milliseconds that a unit of work may ask nothing of the server until the server ends it (default 5 minutes). */
    idleInTransaction: z.number().int().positive().default(300_000),
  }),
) {}

/** For raw SQL use `client.sql`: it bypasses locks, scopes and validation, and joins no unit of work. */
export class PostgresClient extends defineService({
  name: 'PostgresClient',
  inject: { config: PostgresConfig },
  factory: ({ config }): PgDatabase => {
    const { url, channel, connections, idleInTransaction } = config
    const sql = openPostgres(url, { pools: { work: connections, query: connections } })
    return new PgDatabase(sql, `${channel}_rows`, idleInTransaction)
  },
}) {}
