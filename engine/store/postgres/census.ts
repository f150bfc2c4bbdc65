/**
 * How many processes there are by status. Up to some hundred thousand they are counted; beyond that a sample of pages is, and
 * multiplied: an index on the status would cost every checkpoint its in-page update.
 */
import type { SqlRunner } from '../../sql/connection.ts'
import type { ProcessStatus } from '../records.ts'
import type { StoreCensus } from '../store.ts'
import { statusOf } from './record.ts'

const COUNTED = 200_000
/** Rows that a sample has, about. */
const SAMPLE = 50_000

export async function takeCensus(sql: SqlRunner, schema: string): Promise<StoreCensus> {
  const [sizes] = await sql.query<{ processes: number; timers: number }>(
    `select (select reltuples::float8 from pg_class where oid = '${schema}.process'::regclass) as processes,
       (select reltuples::float8 from pg_class where oid = '${schema}.timer'::regclass) as timers`,
  )
  const exact = (sizes?.processes ?? 0) <= COUNTED
  const share = exact ? 100 : (SAMPLE / (sizes?.processes ?? SAMPLE)) * 100
  const timers = (sizes?.timers ?? 0) <= COUNTED ? `(select count(*) from ${schema}.timer)` : `${sizes?.timers}`
  const rows = await sql.query<{ status: number | null; count: number }>(
    `select status, count(*)::float8 as count from ${schema}.process ${exact ? '' : `tablesample system (${share})`}
       group by 1
     union all select -1, count(distinct process)::float8 from ${schema}.wake
     union all select -2, ${timers}::float8`,
  )
  const counts = new Map(rows.map(({ status, count }) => [status, count]))
  const processes: Partial<Record<ProcessStatus, number>> = {}
  for (const [status, count] of counts)
    if (status !== null && status >= 0) processes[statusOf(status)] = Math.round((count * 100) / share)
  return { processes, exact, runnable: counts.get(-1) ?? 0, timers: counts.get(-2) ?? 0 }
}
