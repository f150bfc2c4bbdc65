/**
 * The flush: any number of checkpoints as one statement. The fence row of this lane is locked, each process advances by
 * compare-and-set on `seq`, and everything else hangs on the rows that advanced: a checkpoint of a node that lost its
 * place, or of a process that moved on, writes nothing at all. Sections that have no rows are left out.
 */
import type { SqlRow, SqlStatement } from '../../sql/connection.ts'
import type { Checkpoint } from '../store.ts'
import { addEmission, type Emitting, keyLocks } from './emission.ts'
import { type PartRow, storedForm } from './pieces.ts'
import { NOW, statusNumber } from './record.ts'
import { addStarting, type Starting } from './starting.ts'
import { type Slice, Statement } from './statement.ts'

/** How many checkpoints back the timeline of a process reaches. */
export const TIMELINE = 200

/** A checkpoint and what its node knows of the wake-ups that led to it. */
export interface Flushed {
  readonly checkpoint: Checkpoint
  /** Wake-ups that its turn has seen, without the claim mark. */
  readonly wakes: readonly string[]
  /** Whether the claim mark is there. */
  readonly marked: boolean
}

export interface Fence {
  readonly node: number
  readonly lane: number
}

/** What a flush answers: processes that advanced, and shards in which others were woken. */
export interface FlushAnswer {
  readonly accepted: ReadonlySet<string>
  readonly woken: readonly number[]
}

export function isEnding({ status }: Checkpoint): boolean {
  return status === 'completed' || status === 'cancelled'
}

/** True when the process has nothing to do after the checkpoint until something arrives. */
export function isAtRest(checkpoint: Checkpoint): boolean {
  return checkpoint.status !== 'running' && !checkpoint.runnable
}

/** Locks the flush needs before it: only checkpoints that subscribe, emit or start have any. */
export function flushLocks(schema: string, checkpoints: readonly Checkpoint[]): SqlStatement | undefined {
  return keyLocks(
    schema,
    checkpoints.flatMap(({ emit }) => emit.flatMap(({ keys }) => keys)),
    checkpoints.flatMap(({ subscribe, start }) => [
      ...subscribe.map(({ key }) => key),
      ...start.flatMap((request) => request.subscribe.map(({ key }) => key)),
    ]),
  )
}

/** True when the flush may wait for transactions of others: a key's lock, or a path that is being started. */
export function reachesOut({ subscribe, emit, start }: Checkpoint): boolean {
  return subscribe.length > 0 || emit.length > 0 || start.length > 0
}

export function flushStatement(schema: string, fence: Fence, flushed: readonly Flushed[]): SqlStatement {
  const statement = new Statement()
  const live = flushed.filter(({ checkpoint }) => !isEnding(checkpoint))
  const ending = flushed.filter(({ checkpoint }) => isEnding(checkpoint))
  const checkpoints = flushed.map(({ checkpoint }) => checkpoint)
  statement.with(
    'fence',
    `select 1 from ${schema}.fence
     where node = ${statement.value(fence.node)}::int4 and lane = ${statement.value(fence.lane)}::int2 for share`,
  )
  const accepted: string[] = []
  if (live.length > 0) accepted.push(addLive(statement, schema, live))
  if (ending.length > 0) accepted.push(addEnding(statement, schema, ending))
  statement.with('accepted', accepted.map((name) => `select id, shard, seq from ${name}`).join(' union all '))
  addConsumed(statement, schema, live)
  addTimers(statement, schema, live)
  addWakes(statement, schema, live)
  addTimeline(statement, schema, checkpoints)
  const woken = addReach(statement, schema, live, checkpoints)
  const rows = ['select id, null::int2 as shard from accepted', ...woken]
  return statement.finish(rows.join(' union all '))
}

export function readFlush(rows: readonly SqlRow[]): FlushAnswer {
  const accepted = new Set<string>()
  const woken: number[] = []
  for (const { id, shard } of rows) {
    if (id !== null) accepted.add(id as string)
    else woken.push(shard as number)
  }
  return { accepted, woken }
}

function addLive(statement: Statement, schema: string, live: readonly Flushed[]): string {
  const checkpoints = live.map(({ checkpoint }) => checkpoint)
  const forms = checkpoints.map(({ id, head, writeParts }) => storedForm(id, head, writeParts))
  const heads = forms.map(({ head }) => statement.bytes(head))
  const data = checkpoints.map((checkpoint) => optional(statement, checkpoint.data))
  const outcomes = checkpoints.map((checkpoint) => optional(statement, checkpoint.outcome))
  const input = statement.rows('x', {
    id: ['uuid', checkpoints.map(({ id }) => id)],
    seq: ['int4', checkpoints.map(({ seq }) => seq)],
    status: ['int2', checkpoints.map(({ status }) => statusNumber(status))],
    line: ['int4', checkpoints.map(({ place }) => place.line)],
    waits: ['text', checkpoints.map(({ place }) => JSON.stringify(place.waits))],
    head_chunks: ['int2', forms.map(({ headChunks }) => headChunks)],
    head_at: ['int4', heads.map(({ offset }) => offset)],
    head_length: ['int4', heads.map(({ length }) => length)],
    data_at: ['int4', data.map((slice) => slice?.offset ?? null)],
    data_length: ['int4', data.map((slice) => slice?.length ?? null)],
    outcome_at: ['int4', outcomes.map((slice) => slice?.offset ?? null)],
    outcome_length: ['int4', outcomes.map((slice) => slice?.length ?? null)],
  })
  const blob = statement.blob
  statement.with(
    'advanced',
    `update ${schema}.process p set seq = x.seq, status = x.status, line = x.line, waits = x.waits, crashes = 0,
       head_chunks = x.head_chunks, head = substr(${blob}, x.head_at, x.head_length),
       data = case when x.data_at is null then p.data else substr(${blob}, x.data_at, x.data_length) end,
       outcome = substr(${blob}, x.outcome_at, x.outcome_length),
       ended_at = case when x.outcome_at is null then null else ${NOW} end
     from ${input}, fence where p.id = x.id and p.seq = x.seq - 1
     returning p.id, p.shard, p.seq`,
  )
  addParts(
    statement,
    schema,
    forms.flatMap(({ rows }) => rows),
  )
  const dropped = checkpoints.flatMap(({ id, dropParts }) => dropParts.map((number) => ({ id, number })))
  if (dropped.length > 0) {
    const rows = statement.rows('x', {
      process: ['uuid', dropped.map(({ id }) => id)],
      number: ['int4', dropped.map(({ number }) => number)],
    })
    statement.with(
      'dropped_part',
      `delete from ${schema}.part d using ${rows}, advanced a
       where d.process = x.process and d.number = x.number and a.id = d.process`,
    )
  }
  return 'advanced'
}

function addParts(statement: Statement, schema: string, rows: readonly PartRow[]): void {
  if (rows.length === 0) return
  const slices = rows.map(({ data }) => statement.bytes(data))
  const input = statement.rows('x', {
    process: ['uuid', rows.map(({ process }) => process)],
    number: ['int4', rows.map(({ number }) => number)],
    chunk: ['int2', rows.map(({ chunk }) => chunk)],
    chunks: ['int2', rows.map(({ chunks }) => chunks)],
    at: ['int4', slices.map(({ offset }) => offset)],
    length: ['int4', slices.map(({ length }) => length)],
  })
  statement.with(
    'written_part',
    `insert into ${schema}.part (process, number, chunk, chunks, data)
     select x.process, x.number, x.chunk, x.chunks, substr(${statement.blob}, x.at, x.length)
     from ${input} join advanced a on a.id = x.process
     on conflict (process, number, chunk) do update set chunks = excluded.chunks, data = excluded.data`,
  )
}

function addEnding(statement: Statement, schema: string, ending: readonly Flushed[]): string {
  const checkpoints = ending.map(({ checkpoint }) => checkpoint)
  const data = checkpoints.map((checkpoint) => optional(statement, checkpoint.data))
  const outcomes = checkpoints.map((checkpoint) => optional(statement, checkpoint.outcome))
  const input = statement.rows('x', {
    id: ['uuid', checkpoints.map(({ id }) => id)],
    seq: ['int4', checkpoints.map(({ seq }) => seq)],
    status: ['int2', checkpoints.map(({ status }) => statusNumber(status))],
    line: ['int4', checkpoints.map(({ place }) => place.line)],
    waits: ['text', checkpoints.map(({ place }) => JSON.stringify(place.waits))],
    data_at: ['int4', data.map((slice) => slice?.offset ?? null)],
    data_length: ['int4', data.map((slice) => slice?.length ?? null)],
    outcome_at: ['int4', outcomes.map((slice) => slice?.offset ?? null)],
    outcome_length: ['int4', outcomes.map((slice) => slice?.length ?? null)],
  })
  const blob = statement.blob
  statement.with(
    'ended',
    `delete from ${schema}.process p using ${input}, fence where p.id = x.id and p.seq = x.seq - 1
     returning p.id, p.shard, x.seq, x.status, x.line, x.waits,
       case when x.data_at is null then p.data else substr(${blob}, x.data_at, x.data_length) end as data,
       substr(${blob}, x.outcome_at, x.outcome_length) as outcome`,
  )
  statement.with(
    'finished',
    `insert into ${schema}.finished (id, ended_at, seq, line, status, crashes, waits, data, outcome)
     select id, ${NOW}, seq, line, status, 0, waits, data, outcome from ended`,
  )
  for (const table of ['part', 'timer', 'inbox', 'subscription']) {
    statement.with(`cleared_${table}`, `delete from ${schema}.${table} d using ended where d.process = ended.id`)
  }
  statement.with(
    'cleared_wake',
    `delete from ${schema}.wake d using ended where d.shard = ended.shard and d.process = ended.id`,
  )
  return 'ended'
}

function addConsumed(statement: Statement, schema: string, live: readonly Flushed[]): void {
  const consumed = live.flatMap(({ checkpoint }) => checkpoint.consume.map((entry) => ({ id: checkpoint.id, entry })))
  if (consumed.length > 0) {
    const rows = statement.rows('x', {
      process: ['uuid', consumed.map(({ id }) => id)],
      id: ['int8', consumed.map(({ entry }) => entry)],
    })
    statement.with(
      'consumed',
      `delete from ${schema}.inbox d using ${rows}, advanced a where d.process = x.process and d.id = x.id and a.id = x.process`,
    )
  }
  const ended = live.flatMap(({ checkpoint }) =>
    checkpoint.unsubscribe.map((number) => ({ id: checkpoint.id, number })),
  )
  if (ended.length === 0) return
  const rows = statement.rows('x', {
    process: ['uuid', ended.map(({ id }) => id)],
    number: ['int4', ended.map(({ number }) => number)],
  })
  statement.with('unsubscribing', `select x.process, x.number from ${rows} join advanced a on a.id = x.process`)
  statement.with(
    'unsubscribed',
    `delete from ${schema}.subscription d using unsubscribing x where d.process = x.process and d.number = x.number`,
  )
  const already =
    consumed.length > 0
      ? sectionExcept(
          statement,
          consumed.map(({ entry }) => entry),
        )
      : ''
  statement.with(
    'unheard',
    `delete from ${schema}.inbox d using unsubscribing x where d.process = x.process and d.via = x.number ${already}`,
  )
}

/** Two expressions of one statement must not delete the same row. */
function sectionExcept(statement: Statement, entries: readonly string[]): string {
  return `and d.id not in (select y.id from ${statement.rows('y', { id: ['int8', entries] })})`
}

function addTimers(statement: Statement, schema: string, live: readonly Flushed[]): void {
  const all = live.flatMap(({ checkpoint: { id, shard, timers } }) =>
    [...timers].map(([number, due]) => ({ id, shard, number, due })),
  )
  const set = all.filter(({ due }) => due !== null)
  if (set.length > 0) {
    const rows = statement.rows('x', {
      process: ['uuid', set.map(({ id }) => id)],
      number: ['int4', set.map(({ number }) => number)],
      shard: ['int2', set.map(({ shard }) => shard)],
      due: ['int8', set.map(({ due }) => Math.ceil(due ?? 0))],
    })
    statement.with(
      'timed',
      `insert into ${schema}.timer (process, number, shard, due)
       select x.process, x.number, a.shard, x.due from ${rows} join advanced a on a.id = x.process
       on conflict (process, number) do update set due = excluded.due`,
    )
  }
  const cancelled = all.filter(({ due }) => due === null)
  if (cancelled.length === 0) return
  const rows = statement.rows('x', {
    process: ['uuid', cancelled.map(({ id }) => id)],
    number: ['int4', cancelled.map(({ number }) => number)],
  })
  statement.with(
    'untimed',
    `delete from ${schema}.timer d using ${rows}, advanced a where d.process = x.process and d.number = x.number and a.id = x.process`,
  )
}

/** The claim mark (id 0) stays while there is more to do, so that another node continues if this one dies. */
function addWakes(statement: Statement, schema: string, live: readonly Flushed[]): void {
  const seen = live.flatMap(({ checkpoint, wakes, marked }) => {
    const ids = isAtRest(checkpoint) && marked ? ['0', ...wakes] : wakes
    return ids.map((id) => ({ shard: checkpoint.shard, process: checkpoint.id, id }))
  })
  if (seen.length > 0) {
    const rows = statement.rows('x', {
      shard: ['int2', seen.map(({ shard }) => shard)],
      process: ['uuid', seen.map(({ process }) => process)],
      id: ['int8', seen.map(({ id }) => id)],
    })
    statement.with(
      'slept',
      `delete from ${schema}.wake d using ${rows}, advanced a
       where d.shard = x.shard and d.process = x.process and d.id = x.id and a.id = x.process`,
    )
  }
  const marks = live.filter(({ checkpoint, marked }) => {
    if (isAtRest(checkpoint)) return false
    return checkpoint.status !== 'running' || !marked
  })
  if (marks.length === 0) return
  const rows = statement.rows('x', {
    process: ['uuid', marks.map(({ checkpoint }) => checkpoint.id)],
    claimed: ['bool', marks.map(({ checkpoint }) => checkpoint.status === 'running')],
  })
  statement.with(
    'marked',
    `insert into ${schema}.wake (shard, process, id, claimed)
     select a.shard, x.process, 0, x.claimed from ${rows} join advanced a on a.id = x.process
     on conflict (shard, process, id) do update set claimed = excluded.claimed`,
  )
}

/** Cut now and then, by checkpoint number: a process's timeline does not grow with its history. */
function addTimeline(statement: Statement, schema: string, checkpoints: readonly Checkpoint[]): void {
  const lines = checkpoints.flatMap(({ id, seq, log }) => log.map((line, number) => ({ id, seq, number, ...line })))
  if (lines.length > 0) {
    const rows = statement.rows('x', {
      process: ['uuid', lines.map(({ id }) => id)],
      seq: ['int4', lines.map(({ seq }) => seq)],
      line: ['int2', lines.map(({ number }) => number)],
      at: ['int8', lines.map(({ at }) => Math.round(at))],
      kind: ['text', lines.map(({ kind }) => kind)],
      text: ['text', lines.map(({ text }) => text)],
    })
    statement.with(
      'logged',
      `insert into ${schema}.timeline (process, seq, line, at, kind, text)
       select x.process, x.seq, x.line, x.at, x.kind, x.text from ${rows} join accepted a on a.id = x.process`,
    )
  }
  if (!checkpoints.some(({ seq }) => seq > TIMELINE && seq % 50 === 0)) return
  statement.with(
    'forgotten',
    `delete from ${schema}.timeline d using accepted a
     where a.seq % 50 = 0 and d.process = a.id and d.seq <= a.seq - ${TIMELINE}`,
  )
}

/** Subscriptions, starts and emissions. Answers the selects of shards in which others were woken. */
function addReach(
  statement: Statement,
  schema: string,
  live: readonly Flushed[],
  checkpoints: readonly Checkpoint[],
): string[] {
  const woken: string[] = []
  const fresh: string[] = []
  const subscriptions = live.flatMap(({ checkpoint: { id, subscribe } }) => subscribe.map((one) => ({ id, ...one })))
  if (subscriptions.length > 0) {
    const rows = statement.rows('x', {
      process: ['uuid', subscriptions.map(({ id }) => id)],
      number: ['int4', subscriptions.map(({ number }) => number)],
      key: ['text', subscriptions.map(({ key }) => key)],
    })
    statement.with(
      'subscribed',
      `insert into ${schema}.subscription (process, number, shard, key)
       select x.process, x.number, a.shard, x.key from ${rows} join advanced a on a.id = x.process
       on conflict (process, number) do update set key = excluded.key
       returning process, number, shard, key`,
    )
    fresh.push('subscribed')
  }
  const starts = checkpoints.flatMap(({ id, start }) => start.map((request): Starting => ({ request, source: id })))
  if (starts.length > 0) {
    addStarting(statement, schema, starts, 'accepted')
    fresh.push('started_subscription')
    woken.push('select null::uuid, shard from started')
  }
  const emits = checkpoints.flatMap(({ id, emit }) => emit.map((signal): Emitting => ({ signal, source: id })))
  if (emits.length > 0) {
    addEmission(statement, schema, emits, { accepted: 'accepted', fresh })
    woken.push('select null::uuid, shard from reached')
  }
  return woken
}

function optional(statement: Statement, bytes: Uint8Array | undefined): Slice | undefined {
  return bytes && statement.bytes(bytes)
}
