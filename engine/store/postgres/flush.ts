/**
 * The flush: any number of checkpoints as one statement. The fence row of this lane is locked, each process advances by
 * compare-and-set on `seq`, and everything else hangs on the rows that advanced: a checkpoint of a node that lost its
 * place, or of a process that moved on, writes nothing at all. Sections that have no rows are left out.
 */
import type { SqlRow, SqlStatement } from '../../sql/connection.ts'
import type { Checkpoint } from '../records.ts'
import { addConsumed, addReach, addTimeline, addTimers, addWakes } from './flush-effects.ts'
import { addEnding, addLive } from './flush-state.ts'
import { type Flushed, isEnding } from './flushed.ts'
import { addKeys, type Keys } from './keys.ts'
import { Statement } from './statement.ts'

export interface Fence {
  readonly node: number
  readonly lane: number
}

/** What a flush answers: processes that advanced, and shards in which others were woken. */
export interface FlushAnswer {
  readonly accepted: ReadonlySet<string> | 'all'
  readonly woken: readonly number[]
}

/** True when the flush may wait for transactions of others: a key's lock, or a path that is being started. */
export function reachesOut({ subscribe, emit, start }: Checkpoint): boolean {
  return subscribe.length > 0 || emit.length > 0 || start.length > 0
}

/** `patience`: how long it waits for others, as `lock_timeout`. */
export function flushStatement(
  schema: string,
  fence: Fence,
  flushed: readonly Flushed[],
  patience?: string,
): SqlStatement {
  const statement = new Statement(flushed.length === 1)
  const live = flushed.filter(({ checkpoint }) => !isEnding(checkpoint))
  const ending = flushed.filter(({ checkpoint }) => isEnding(checkpoint))
  const checkpoints = flushed.map(({ checkpoint }) => checkpoint)
  const reaching = checkpoints.filter(reachesOut)
  const locked = addKeys(statement, schema, { ...keysOf(reaching), ...(patience && { patience }) })
  statement.with(
    'fence',
    `select 1 from ${schema}.fence where node = ${statement.value(fence.node)}::int4
       and lane = ${statement.value(fence.lane)}::int2 and ${locked} for share`,
  )
  const accepted: string[] = []
  if (live.length > 0) accepted.push(addLive(statement, schema, live))
  if (ending.length > 0) accepted.push(addEnding(statement, schema, ending))
  statement.with('accepted', accepted.map((name) => `select id, shard, seq from ${name}`).join(' union all '))
  addConsumed(statement, schema, live)
  addTimers(statement, schema, live)
  addWakes(statement, schema, live)
  addTimeline(statement, schema, checkpoints)
  const woken = addReach(statement, schema, reaching)
  const shards =
    woken.length === 0 ? 'null::json' : `(select json_agg(distinct w.shard) from (${woken.join(' union all ')}) w)`
  return statement.finish(
    `select case when count(*) = ${flushed.length} then null else coalesce(json_agg(id), '[]') end as accepted, ${shards} as woken
     from accepted`,
  )
}

function keysOf(checkpoints: readonly Checkpoint[]): Keys {
  return {
    emitted: checkpoints.flatMap(({ emit }) => emit.flatMap(({ keys }) => keys)),
    subscribed: checkpoints.flatMap(({ subscribe, start }) => [
      ...subscribe.map(({ key }) => key),
      ...start.flatMap((request) => request.subscribe.map(({ key }) => key)),
    ]),
  }
}

/** One row answers for all: usually that everything was accepted. */
export function readFlush([row]: readonly SqlRow[]): FlushAnswer {
  const some = row?.accepted as readonly string[] | null | undefined
  return { accepted: some === null ? 'all' : new Set(some), woken: (row?.woken ?? []) as number[] }
}

export function isAccepted({ accepted }: FlushAnswer, id: string): boolean {
  return accepted === 'all' || accepted.has(id)
}
