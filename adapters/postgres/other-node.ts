/** Who on another node holds a row, or took part in a deadlock: asked of the server, and only when something has failed. */
import type { LockPlace } from '@justscale/core/lock'
import type { SqlDatabase } from '@justscale/engine/sql'

/**
 * Who holds the row at this moment, as far as the server tells: whoever locked or changed a row left its transaction's
 * number in it. `undefined` when that has ended, when several share the lock, or when asking fails too.
 */
export async function rowHolder(sql: SqlDatabase, table: string, identifier: string): Promise<LockPlace | undefined> {
  return placeOf(
    sql,
    `select a.application_name as name, a.pid from ${table} t
     join pg_locks l on l.locktype = 'transactionid' and l.granted and l.transactionid = t.xmax
     join pg_stat_activity a on a.pid = l.pid where t.id = $1::uuid`,
    identifier,
  )
}

/** Who else is in the circle, from the detail of the server's error: its first line is about the one that was refused. */
export async function circlePartner(sql: SqlDatabase, detail: string | undefined): Promise<LockPlace | undefined> {
  const other = /blocked by process (\d+)/.exec(detail ?? '')?.[1]
  if (other === undefined) return undefined
  return placeOf(sql, 'select application_name as name, pid from pg_stat_activity where pid = $1::integer', other)
}

async function placeOf(sql: SqlDatabase, text: string, parameter: string): Promise<LockPlace | undefined> {
  const [row] = await sql.query<{ name: string; pid: number }>(text, [parameter]).catch(() => [])
  return row && { cell: `${nodeText(row.name)} (connection ${row.pid})`, line: undefined }
}

/** The name that clients give themselves is `justscale <host> <process> <random>`. */
function nodeText(name: string): string {
  const parts = /^justscale (\S+) (\d+) /.exec(name)
  return parts ? `process ${parts[2]} on ${parts[1]}` : name || 'somebody else'
}
