/**
 * Claiming: picks processes of the node's shards that were woken or have a due timer, marks them as being in a turn, and
 * loads them with their inbox, all in one statement. The mark is what tells, after a node's death, whose turn killed it;
 * losing it to a server crash does no harm, so it is not waited for.
 */
import type { SqlRow, SqlStatement } from '../../sql/connection.ts'
import { sqlArray } from '../../sql/connection.ts'
import type { Upcoming } from '../store.ts'
import { RECORD_COLUMNS, SINCE, stateColumns, statusNumber } from './record.ts'

/** Statuses in which only a command starts a turn. */
export const IDLE = (['paused', 'failed', 'quarantined'] as const).map(statusNumber).join(', ')

/**
 * Woken processes that a claim looks at in each shard, in the order of their start: eight times as many in all as it takes, but at
 * least 4 and at most 16 of a shard. What waits behind them does not make claiming slower, however much it is.
 */
function ofShard(limit: number, shards: number): number {
  return Math.min(16, Math.max(4, Math.ceil((limit * 8) / Math.max(1, shards))))
}

/** Whether process `p` may have a turn. */
export function hasTurn(schema: string): string {
  return `(p.status not in (${IDLE}) or exists (select from ${schema}.inbox x where x.process = p.id and x.via = -1))`
}

export function claimStatement(
  schema: string,
  node: number,
  shards: readonly number[],
  limit: number,
  running: Iterable<string>,
  most: ReadonlyMap<string, number> = new Map(),
): SqlStatement {
  // `not in` a query is hashed once for all shards; an array, or an anti-join within each shard, is gone through one by one.
  const elsewhere = (process: string) =>
    `not ${process} in (select r.id from running r) ${notOf(schema, process, most)}`
  const ready = `running as materialized (select x.id from unnest($4::uuid[]) as x(id)),
      ready as (
        select m.id as shard, c.process, c.since from mine m cross join lateral (
          select w.process, min(extract(epoch from w.at) * 1000) as since from ${schema}.wake w
          where w.shard = m.id and ${elsewhere('w.process')} and exists (
            select from ${schema}.process p where p.id = w.process and ${hasTurn(schema)})
          group by w.process order by w.process limit ${ofShard(limit, shards.length)}) c
        union all
        select m.id, t.process, t.due from mine m cross join lateral (
          select t.process, t.due from ${schema}.timer t where t.shard = m.id and t.due <= ${SINCE}
            and ${elsewhere('t.process')} and exists (
              select from ${schema}.process p where p.id = t.process and ${hasTurn(schema)})
          order by t.due limit $3::int4) t),`
  const text = `${claiming(schema, ready, most)} ${loading(schema)} from ${pickedProcesses(schema)} order by picked.since`
  return { text, parameters: parametersOf(node, shards, limit, [...running], most) }
}

/** Of these processes those that are due; without any a row with nothing but the time. */
export function claimDueStatement(
  schema: string,
  node: number,
  shards: readonly number[],
  ids: readonly string[],
  most: ReadonlyMap<string, number> = new Map(),
): SqlStatement {
  const ready = `ready as (
        select p.shard, x.id as process, t.since from unnest($4::uuid[]) as x(id)
        join ${schema}.process p on p.id = x.id join mine m on m.id = p.shard
        cross join lateral (select min(t.due) as since from ${schema}.timer t where t.process = x.id) t
        where t.since <= ${SINCE} ${notOf(schema, 'x.id', most)}),`
  const text = `${claiming(schema, ready, most)} ${loading(schema)}
      from (select) as always left join (${pickedProcesses(schema)}) on true order by picked.since`
  return { text, parameters: parametersOf(node, shards, ids.length, ids, most) }
}

/** Nothing of definitions that have no place. */
function notOf(schema: string, process: string, most: ReadonlyMap<string, number>): string {
  if (most.size === 0) return ''
  return `and not exists (select from ${schema}.instance_kind i where i.id = ${process} and i.definition = any($5::text[]))`
}

function parametersOf(
  node: number,
  shards: readonly number[],
  limit: number,
  ids: readonly string[],
  most: ReadonlyMap<string, number>,
): SqlStatement['parameters'] {
  const full = [...most].filter(([, places]) => places === 0).map(([definition]) => definition)
  const some = [...most].filter(([, places]) => places > 0)
  return [
    node,
    sqlArray(shards),
    limit,
    sqlArray(ids),
    ...(most.size === 0 ? [] : [sqlArray(full)]),
    ...(some.length === 0 ? [] : [sqlArray(some.map(([name]) => name)), sqlArray(some.map(([, places]) => places))]),
  ]
}

/** Picks of the processes that are `ready`, in `mine` shards, and marks them: `picked`. */
function claiming(schema: string, ready: string, most: ReadonlyMap<string, number>): string {
  const within = [...most.values()].some((places) => places > 0)
  return `with mine as (
        select s.id from ${schema}.shard s where s.node = $1::int4 and s.id = any($2::int2[])),
      ${ready}
      ${within ? 'woken' : 'picked'} as (
        select r.process, min(r.since) as since from ready r join ${schema}.process p on p.id = r.process
        where ${hasTurn(schema)} group by 1 ${within ? '' : 'order by 2 limit $3::int4'}),
      ${within ? withinPlaces(schema) : ''}
      marked as (
        insert into ${schema}.wake (shard, process, id, claimed)
        select p.shard, p.id, 0, true from picked join ${schema}.process p on p.id = picked.process,
          (select set_config('synchronous_commit', 'off', true)) as setting
        on conflict (shard, process, id) do update set claimed = true)`
}

/** Loads what is picked, with the store's time. */
function loading(schema: string): string {
  return `select ${SINCE}::float8 as now, ${RECORD_COLUMNS}, ${stateColumns(schema)}`
}

function pickedProcesses(schema: string): string {
  return `picked join ${schema}.process p on p.id = picked.process join ${schema}.instance_kind i on i.id = p.id`
}

/** Of those that are woken, not more of a definition than there are places for it. */
function withinPlaces(schema: string): string {
  return `picked as (
        select x.process, x.since from (
          select k.process, k.since, i.definition, row_number() over (partition by i.definition order by k.since) as place
          from woken k join ${schema}.instance_kind i on i.id = k.process) x
        left join unnest($6::text[], $7::int4[]) as l(definition, places) on l.definition = x.definition
        where x.place <= coalesce(l.places, $3::int4) order by x.since limit $3::int4),`
}

/** Takes the mark of a claim away, and leaves the wake-up. */
export function releaseStatement(schema: string, node: number, id: string): SqlStatement {
  return {
    text: `update ${schema}.wake w set claimed = false from ${schema}.shard s
      where s.id = w.shard and s.node = $1::int4 and w.process = $2::uuid and w.claimed returning w.shard`,
    parameters: [node, id],
  }
}

/** One process of the node's shards, as it is; nothing is marked. */
export function reloadStatement(schema: string, node: number, id: string): SqlStatement {
  return {
    text: `select ${RECORD_COLUMNS}, ${stateColumns(schema)}
      from ${schema}.process p join ${schema}.instance_kind i on i.id = p.id join ${schema}.shard s on s.id = p.shard
      where p.id = $1::uuid and s.node = $2::int4`,
    parameters: [id, node],
  }
}

/** Wake-ups of processes that ended while they were being woken, and what was left in their inboxes. */
export function orphanStatement(schema: string, shards: readonly number[]): SqlStatement {
  return {
    text: `with orphan as (
        delete from ${schema}.wake w where w.shard = any($1::int2[])
          and not exists (select from ${schema}.process p where p.id = w.process)
        returning w.process)
      delete from ${schema}.inbox x using orphan where x.process = orphan.process`,
    parameters: [sqlArray(shards)],
  }
}

/** Ended processes at most that are forgotten at once. */
export const FORGOTTEN_AT_ONCE = 1_000

/** Ended processes past their retention, so many at a time, with their `count`; their paths are free again. */
export function forgetStatement(schema: string, retention: number): SqlStatement {
  return {
    text: `with old as (
        delete from ${schema}.finished where id in (
          select id from ${schema}.finished where ended_at < ${SINCE} - $1::int8 order by ended_at limit ${FORGOTTEN_AT_ONCE})
        returning id),
      lines as (delete from ${schema}.timeline t using old where t.process = old.id),
      paths as (delete from ${schema}.instance i using old where i.id = old.id)
      select count(*)::int4 as count from old`,
    parameters: [Math.round(retention)],
  }
}

/** Timers looked at in each shard: where there are more, the answer ends with the last of these. */
const TIMERS_OF_A_SHARD = 64

/** Timers of the node's shards by time, and up to when none is missing for being one too many of its shard. */
export function upcomingStatement(
  schema: string,
  shards: readonly number[],
  from: number,
  horizon: number,
  limit: number,
): SqlStatement {
  return {
    text: `with ahead as materialized (
        select s.id as shard, t.process, t.due from unnest($1::int2[]) as s(id) cross join lateral (
          select process, due from ${schema}.timer
          where shard = s.id and due >= $2::int8 and due < ${SINCE} + $3::int8 order by due limit ${TIMERS_OF_A_SHARD}) t),
      told as (select process, due from ahead order by due limit $4::int4)
      select ${SINCE}::float8 as now, (select json_agg(json_build_array(process, due) order by due) from told) as timers,
        (select min(x.last)::float8 from (
          select max(due) as last from ahead group by shard having count(*) = ${TIMERS_OF_A_SHARD}) x) as edge`,
    parameters: [sqlArray(shards), Math.ceil(from), Math.round(horizon), limit],
  }
}

export function readUpcoming(row: SqlRow | undefined, horizon: number, limit: number): Upcoming {
  const now = row?.now as number
  const timers = ((row?.timers ?? []) as [string, number][]).map(([process, due]) => ({ process, due }))
  const last = timers.length < limit ? undefined : timers.at(-1)?.due
  return { now, until: Math.min((row?.edge as number | null) ?? Infinity, last ?? Infinity, now + horizon), timers }
}
