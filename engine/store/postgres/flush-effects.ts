/**
 * The parts of a flush that hang on the processes that advanced: inbox, timers, wake-ups, timeline, and what reaches other
 * processes.
 */
import type { Checkpoint } from '../records.ts'
import { addEmission, type Emitting } from './emission.ts'
import { type Flushed, isAtRest, isCutAt, isEnding, TIMELINE } from './flushed.ts'
import { addStarting, type Starting } from './starting.ts'
import { writeLines } from './log-lines.ts'
import { CLAIM_MARK } from './record.ts'
import type { Statement } from './statement.ts'

const NOTHING: readonly never[] = []

/** What each checkpoint has of something, with the checkpoint. Most have nothing, so there is nothing made for those. */
function ofEach<Item>(
  live: readonly Flushed[],
  items: (checkpoint: Checkpoint) => readonly Item[],
): { readonly of: Checkpoint; readonly item: Item }[] {
  const found: { readonly of: Checkpoint; readonly item: Item }[] = []
  for (const { checkpoint } of live) for (const item of items(checkpoint)) found.push({ of: checkpoint, item })
  return found
}

export function addConsumed(statement: Statement, schema: string, live: readonly Flushed[]): void {
  const consumed = ofEach(live, ({ consume }) => consume)
  if (consumed.length > 0) {
    const rows = statement.rows('x', {
      process: ['uuid', consumed.map(({ of }) => of.id)],
      id: ['int8', consumed.map(({ item }) => item)],
    })
    statement.with(
      'consumed',
      `delete from ${schema}.inbox d using ${rows}, advanced a where d.process = x.process and d.id = x.id and a.id = x.process`,
    )
  }
  const ended = ofEach(live, ({ unsubscribe }) => unsubscribe)
  if (ended.length === 0) return
  const rows = statement.rows('x', {
    process: ['uuid', ended.map(({ of }) => of.id)],
    number: ['int4', ended.map(({ item }) => item)],
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
          consumed.map(({ item }) => item),
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

export function addTimers(statement: Statement, schema: string, live: readonly Flushed[]): void {
  const all = ofEach(live, ({ timers }) => (timers.size === 0 ? NOTHING : [...timers])).map(
    ({ of: { id, shard }, item: [number, due] }) => ({ id, shard, number, due }),
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
export function addWakes(statement: Statement, schema: string, live: readonly Flushed[]): void {
  const named = ofEach(live, ({ wakes }) => wakes)
  const unmarked = live
    .filter(({ checkpoint, marked }) => marked && isAtRest(checkpoint))
    .map(({ checkpoint }) => ({ of: checkpoint, item: CLAIM_MARK }))
  const seen = [...named, ...unmarked]
  if (seen.length > 0) {
    const rows = statement.rows('x', {
      shard: ['int2', seen.map(({ of }) => of.shard)],
      process: ['uuid', seen.map(({ of }) => of.id)],
      id: ['int8', seen.map(({ item }) => item)],
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

/** The lines of a checkpoint are one row. Cut now and then, by checkpoint number: a process's timeline does not grow with its history. */
export function addTimeline(statement: Statement, schema: string, checkpoints: readonly Checkpoint[]): void {
  const logged = checkpoints.filter(({ log }) => log.length > 0)
  if (logged.length > 0) {
    const slices = logged.map(({ log }) => statement.bytes(writeLines(log)))
    const rows = statement.rows('x', {
      process: ['uuid', logged.map(({ id }) => id)],
      seq: ['int4', logged.map(({ seq }) => seq)],
      at: ['int4', slices.map(({ offset }) => offset)],
      length: ['int4', slices.map(({ length }) => length)],
    })
    statement.with(
      'logged',
      `insert into ${schema}.timeline (process, seq, line, lines)
       select x.process, x.seq, 0, substr(${statement.blob}, x.at, x.length)
       from ${rows} join accepted a on a.id = x.process`,
    )
  }
  if (!checkpoints.some(({ seq }) => isCutAt(seq))) return
  statement.with(
    'forgotten',
    `delete from ${schema}.timeline d using accepted a
     where a.seq % 50 = 0 and d.process = a.id and d.seq <= a.seq - ${TIMELINE}`,
  )
}

/** Subscriptions, starts and emissions. Answers the selects of shards in which others were woken. */
export function addReach(statement: Statement, schema: string, checkpoints: readonly Checkpoint[]): string[] {
  const woken: string[] = []
  const fresh: string[] = []
  const going = checkpoints.filter((checkpoint) => !isEnding(checkpoint))
  const subscriptions = going.flatMap(({ id, subscribe }) => subscribe.map((one) => ({ id, ...one })))
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
    if (addStarting(statement, schema, starts, 'x.source in (select id from accepted)')) {
      fresh.push('started_subscription')
    }
    woken.push('select shard from started')
  }
  const emits = checkpoints.flatMap(({ id, emit }) => emit.map((signal): Emitting => ({ signal, source: id })))
  if (emits.length > 0) {
    addEmission(statement, schema, emits, { accepted: 'accepted', fresh })
    woken.push('select shard from reached')
  }
  return woken
}
