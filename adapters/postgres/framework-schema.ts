/**
 * The adapter's own tables, in versions. Each version is applied once, by whichever node comes first, in a transaction; it
 * must leave what older nodes use as it is, so that they can go on during a rolling deploy.
 */
import type { SqlDatabase } from '@justscale/engine/sql'

/** Only ever append. */
const VERSIONS: readonly string[] = [
  `create table justscale_lock (
    name text primary key,
    holder uuid not null,
    fence bigint not null,
    expires timestamptz not null
  )`,
  `create unlogged table justscale_message (
    id bigint generated always as identity primary key,
    topic text not null,
    payload text not null,
    at timestamptz not null default clock_timestamp()
  );
  create index justscale_message_at on justscale_message (at)`,
  `create table justscale_config (
    app text primary key,
    version bigint not null,
    changes jsonb not null,
    changed_at timestamptz not null default now()
  )`,
]

/** Names the turn of upgrading. */
const TURN = 4_203_901_772

const upgraded = new WeakMap<SqlDatabase, Promise<void>>()

/** Brings the adapter's tables up to date, once per connection. */
export function frameworkSchema(database: SqlDatabase): Promise<void> {
  const existing = upgraded.get(database)
  if (existing) return existing
  const running = upgrade(database).catch((error: unknown) => {
    upgraded.delete(database)
    throw error
  })
  upgraded.set(database, running)
  return running
}

async function upgrade(database: SqlDatabase): Promise<void> {
  const lane = await database.lane({ timeout: 30_000 })
  try {
    await lane.query('begin')
    await lane.query('select pg_advisory_xact_lock($1::bigint)', [TURN])
    await lane.query(
      'create table if not exists justscale_schema (version integer primary key, applied_at timestamptz not null default now())',
    )
    const [row] = await lane.query('select coalesce(max(version), 0) as version from justscale_schema')
    const current = Number(row?.version)
    for (const [index, text] of VERSIONS.entries()) {
      if (index < current) continue
      await lane.query(text)
      await lane.query('insert into justscale_schema (version) values ($1::integer)', [index + 1])
    }
    await lane.query('commit')
  } finally {
    lane.release()
  }
}
