/** Creates and upgrades the engine's tables. Many nodes may call it at once: the first does the work, the others wait. */
import type { SqlDatabase } from '../../sql/connection.ts'
import { migrations } from './schema.ts'

export async function migrate(sql: SqlDatabase, schema: string): Promise<void> {
  const lane = await sql.lane({ pool: 'control', deadline: 0 })
  try {
    await lane.query('begin')
    await lane.query('select pg_advisory_xact_lock(hashtextextended($1::text, 0))', [`justscale migrate ${schema}`])
    const [known] = await lane.query<{ there: boolean }>(
      `select exists (select from pg_tables where schemaname = $1::text and tablename = 'migration') as there`,
      [unquoted(schema)],
    )
    if (!known?.there) {
      await lane.query(`create schema if not exists ${schema};
        create table ${schema}.migration (version int primary key, applied_at timestamptz not null default now())`)
    }
    const applied = await lane.query<{ version: number }>(`select version from ${schema}.migration`)
    const versions = new Set(applied.map(({ version }) => version))
    for (const { version, statements } of migrations) {
      if (versions.has(version)) continue
      await lane.query(statements(schema))
      await lane.query(`insert into ${schema}.migration (version) values (${version})`)
    }
    await lane.query('commit')
  } finally {
    lane.release()
  }
}

/** A namespace as an SQL identifier. */
export function schemaName(namespace: string): string {
  if (namespace === '' || namespace.length > 63) throw new TypeError(`'${namespace}' cannot be a schema's name`)
  return `"${namespace.replaceAll('"', '""')}"`
}

function unquoted(schema: string): string {
  return schema.slice(1, -1).replaceAll('""', '"')
}
