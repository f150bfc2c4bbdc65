/**
 * Emitting: every subscription under one of a signal's keys gets an inbox row, every process reached a wake-up. Emitters
 * hold a shared lock on each key until they commit and subscribers an exclusive one, so that an emit in an open
 * transaction cannot miss a process that subscribes meanwhile. The locks are a statement of their own, before: a statement
 * sees what was committed when it began.
 */
import type { SqlStatement } from '../../sql/connection.ts'
import { sqlArray } from '../../sql/connection.ts'
import type { SignalEmission } from '../store.ts'
import { NOW } from './record.ts'
import { addCrowded } from './room.ts'
import type { Statement } from './statement.ts'

/** An emission and the checkpoint it belongs to, if any. */
export interface Emitting {
  readonly signal: SignalEmission
  readonly source: string | null
}

/**
 * Adds `reached` (signal, process, number, shard): signals by their place in `emissions`. `fresh` names an expression with
 * subscriptions made by the same statement.
 */
export function addEmission(
  statement: Statement,
  schema: string,
  emissions: readonly Emitting[],
  options: {
    readonly accepted?: string
    readonly fresh?: readonly string[]
    /** Nothing is delivered when a signal would reach a full inbox: `crowded` then has a row. */
    readonly limited?: boolean
  } = {},
): void {
  const slices = emissions.map(({ signal }) => statement.bytes(signal.payload))
  const keys = emissions.flatMap(({ signal, source }, number) => signal.keys.map((key) => ({ number, key, source })))
  const routes = statement.rows('k', {
    signal: ['int4', keys.map(({ number }) => number)],
    key: ['text', keys.map(({ key }) => key)],
    source: ['uuid', keys.map(({ source }) => source)],
  })
  const filter = options.accepted ? `where k.source in (select id from ${options.accepted})` : ''
  statement.with('route', `select k.signal, k.key from ${routes} ${filter}`)
  const known = [`${schema}.subscription`, ...(options.fresh ?? [])].map(
    (table) => `select r.signal, s.process, s.number, s.shard from route r join ${table} s on s.key = r.key`,
  )
  statement.with('reached', known.join(' union '))
  const signals = emissions.map(({ signal }) => signal)
  const free = options.limited && addCrowded(statement, schema, signals) ? 'where not exists (select from crowded)' : ''
  const payloads = statement.rows('y', {
    at: ['int4', slices.map(({ offset }) => offset)],
    length: ['int4', slices.map(({ length }) => length)],
    signal: ['int4', emissions.map((_, number) => number)],
  })
  statement.with(
    'delivered',
    `insert into ${schema}.inbox (process, at, via, payload)
     select r.process, ${NOW}, r.number, substr(${statement.blob}, y.at, y.length)
     from reached r join ${payloads} on y.signal = r.signal ${free} order by r.signal, r.number`,
  )
  statement.with(
    'woken',
    `insert into ${schema}.wake (shard, process, id)
     select shard, process, nextval('${schema}.wake_id') from (select distinct shard, process from reached) r ${free}`,
  )
}

/** The statement that takes the locks; `undefined` when there is nothing to lock. */
export function keyLocks(
  schema: string,
  emitted: Iterable<string>,
  subscribed: Iterable<string>,
): SqlStatement | undefined {
  const exclusive = new Set(subscribed)
  const shared = new Set([...emitted].filter((key) => !exclusive.has(key)))
  if (exclusive.size === 0 && shared.size === 0) return undefined
  return {
    text: `select case when x.own then pg_advisory_xact_lock(x.lock) else pg_advisory_xact_lock_shared(x.lock) end
      from (select hashtextextended($1::text || k.key, 0) as lock, bool_or(k.own) as own
            from unnest($2::text[], $3::bool[]) as k(key, own) group by 1 order by 1) x`,
    parameters: [
      `${schema} `,
      sqlArray([...exclusive, ...shared]),
      sqlArray([...exclusive].map(() => true).concat([...shared].map(() => false))),
    ],
  }
}
