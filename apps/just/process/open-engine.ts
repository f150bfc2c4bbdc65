/** The engine as the commands use it: on the app's database, running nothing itself. */
import { CommandError } from '@justscale/core/cli'
import { createEngine, type Engine } from '@justscale/engine'
import { PostgresStore } from '@justscale/engine/postgres'
import { openPostgres, type SqlDatabase } from '@justscale/engine/sql'
import { projectDatabase } from '../app/project-database.ts'
import { MisuseError } from '../program/misuse-error.ts'
import { routingText, storedEntityTypes } from './stored-entity.ts'

/** Calls `body` with the engine on the current project's database, and closes everything after it. */
export async function withEngine<Result>(
  namespace: string | undefined,
  body: (engine: Engine) => Promise<Result>,
): Promise<Result> {
  const database = await projectDatabase()
  const sql = openPostgres(database.url)
  try {
    const store = new PostgresStore({
      url: database.url,
      sql,
      namespace: chosen(await namespaces(sql), namespace, database.source),
    })
    try {
      return await body(createEngine({ store, values: storedEntityTypes, textOf: routingText }))
    } finally {
      await store.close()
    }
  } finally {
    await sql.close()
    await database.stop()
  }
}

/** Schemas of the database that hold processes: one per app. */
async function namespaces(sql: SqlDatabase): Promise<readonly string[]> {
  const rows = await sql.query<{ name: string }>(
    `select nspname as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where relkind = 'v' and relname = 'process_view' order by nspname`,
  )
  return rows.map(({ name }) => name)
}

/** Throws `CommandError`: an engine would have to make its tables first, which looking does not. */
function chosen(names: readonly string[], namespace: string | undefined, source: string): string {
  if (names.length === 0)
    throw new CommandError(`No app with processes has run on this database yet (${source})`, {
      hint: 'Start one: just dev. Another database is named by DATABASE_URL.',
    })
  if (namespace !== undefined) {
    if (names.includes(namespace)) return namespace
    throw new MisuseError(`The database has no processes of "${namespace}"`, `It has those of ${names.join(', ')}.`)
  }
  if (names.length > 1) {
    throw new MisuseError(
      `The database holds the processes of ${names.length} apps`,
      `Say whose: --namespace ${names.join(', or --namespace ')}.`,
    )
  }
  return names[0] ?? ''
}
