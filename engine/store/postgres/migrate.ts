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
      // Who may not create schemas may have been given one.
      const [given] = await lane.query(`select from pg_namespace where nspname = $1::text`, [unquoted(schema)])
      await lane.query(`${given ? '' : `create schema ${schema};`}
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

/** Postgres cuts longer names off: two of them could be one. */
const MOST_BYTES = 63

/** A namespace as an SQL identifier. */
export function schemaName(namespace: string): string {
  const bytes = new TextEncoder().encode(namespace).length
  if (namespace === '' || bytes > MOST_BYTES || /['\0]|^pg_/.test(namespace)) {
    throw new TypeError(
      `'${namespace}' cannot be a namespace, which is the name of a schema: at most ${MOST_BYTES} bytes, no quote ('), not beginning with 'pg_'. ` +
        'The namespace of an app is its name, unless the option `namespace` says another.',
    )
  }
  return `"${namespace.replaceAll('"', '""')}"`
}

function unquoted(schema: string): string {
  return schema.slice(1, -1).replaceAll('""', '"')
}
