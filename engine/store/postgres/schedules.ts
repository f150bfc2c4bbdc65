/**
 * Schedules in Postgres: one small row each. Firing moves the row on by compare-and-set on the moment, and everything that
 * the firing starts and emits hangs on that, so of many nodes that fire for a moment one does.
 */
import type { SqlRow, SqlStatement } from '../../sql/connection.ts'
import type { ScheduleFiring, ScheduleRecord, ScheduleRule } from '../records.ts'
import { addEmission } from './emission.ts'
import { addKeys } from './keys.ts'
import { NOW } from './record.ts'
import { addStarting } from './starting.ts'
import { Statement } from './statement.ts'

const COLUMNS = `name, cron, time_zone, since::float8 as since, fired::float8 as fired, fired_at::float8 as fired_at,
  firings::float8 as firings`

/** Stands for the firing where starts and emissions of checkpoints name their process. */
const SOURCE = '00000000-0000-0000-0000-000000000000'

export function putSchedulesStatement(schema: string, rules: readonly ScheduleRule[]): SqlStatement {
  const statement = new Statement()
  const rows = statement.rows('x', {
    name: ['text', rules.map(({ name }) => name)],
    cron: ['text', rules.map(({ cron }) => cron)],
    time_zone: ['text', rules.map(({ timeZone }) => timeZone)],
  })
  return statement.finish(
    `insert into ${schema}.schedule as s (name, cron, time_zone, since)
     select name, cron, time_zone, ${NOW} from ${rows} order by name
     on conflict (name) do update set cron = excluded.cron, time_zone = excluded.time_zone,
       since = case when s.cron = excluded.cron and s.time_zone = excluded.time_zone then s.since else excluded.since end
     returning ${COLUMNS}`,
  )
}

export function schedulesStatement(schema: string): SqlStatement {
  return { text: `select ${COLUMNS} from ${schema}.schedule order by name collate "C"`, parameters: [] }
}

/** The statements of one transaction; the last answers whether it fired (`fired`), and the shards it woke. */
export function fireStatement(schema: string, { name, due, start, emit }: ScheduleFiring): SqlStatement {
  const statement = new Statement()
  const locked = addKeys(statement, schema, {
    emitted: emit.flatMap(({ keys }) => keys),
    subscribed: start.flatMap(({ subscribe }) => subscribe.map(({ key }) => key)),
  })
  statement.with(
    'firing',
    `update ${schema}.schedule set fired = ${statement.value(due)}::int8, fired_at = ${NOW}, firings = firings + 1
     where name = ${statement.value(name)}::text and greatest(since, coalesce(fired, 0)) < ${statement.value(due)}::int8
       and ${statement.value(due)}::int8 <= ${NOW} and ${locked}
     returning '${SOURCE}'::uuid as id`,
  )
  const woken: string[] = []
  const fresh: string[] = []
  if (start.length > 0) {
    const starts = start.map((request) => ({ request, source: SOURCE }))
    if (addStarting(statement, schema, starts, 'exists (select from firing)')) fresh.push('started_subscription')
    woken.push('select shard from started')
  }
  if (emit.length > 0) {
    addEmission(
      statement,
      schema,
      emit.map((signal) => ({ signal, source: SOURCE })),
      { accepted: 'firing', fresh },
    )
    woken.push('select shard from reached')
  }
  const fired = ['select null::int2 as shard from firing', ...woken].join(' union all ')
  return statement.finish(fired)
}

export function readFired(rows: readonly SqlRow[]): { readonly fired: boolean; readonly woken: readonly number[] } {
  const shards = rows.map(({ shard }) => shard as number | null)
  return { fired: shards.length > 0, woken: shards.filter((shard) => shard !== null) }
}

export function readSchedule(row: SqlRow): ScheduleRecord {
  return {
    name: row.name as string,
    cron: row.cron as string,
    timeZone: row.time_zone as string,
    since: row.since as number,
    firings: row.firings as number,
    ...(row.fired === null ? {} : { fired: row.fired as number }),
    ...(row.fired_at === null ? {} : { firedAt: row.fired_at as number }),
  }
}
