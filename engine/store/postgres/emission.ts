/**
 * Emitting: every subscription under one of a signal's keys gets an inbox row, every process reached a wake-up. Who is
 * subscribed is read under locks on the keys: `keys.ts`.
 */
import type { SignalEmission } from '../records.ts'
import { NOW } from './record.ts'
import { addCrowded } from './room.ts'
import type { Statement } from './statement.ts'

/** In place of `matched`, where there are no keys. */
const NOBODY = '(select null::text as key, null::uuid as process, null::int4 as number, null::int2 as shard)'

/** An emission and the checkpoint it belongs to, if any. */
export interface Emitting {
  readonly signal: SignalEmission
  readonly source: string | null
}

export interface EmissionOptions {
  /** Expression with the ids of accepted checkpoints: only what belongs to one of them is emitted. */
  readonly accepted?: string
  /** Expressions with subscriptions made by the same statement. */
  readonly fresh?: readonly string[]
  /** Nothing is delivered when a signal would reach a full inbox: `crowded` then has a row. */
  readonly limited?: boolean
  /**
   * Adds an expression with those reached that the same statement gives their turn: their wake-up is marked as claimed.
   * Answers its name. `free`: the condition that there is room.
   */
  readonly claim?: (free: string) => string
}

/**
 * Adds `reached` (signal, process, number, shard), signals by their place in `emissions`, `delivered`, the rows put into
 * inboxes, and `woken`, the wake-ups, to a statement that has `matched`.
 */
export function addEmission(
  statement: Statement,
  schema: string,
  emissions: readonly Emitting[],
  options: EmissionOptions = {},
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
  const known = [...(keys.length > 0 ? ['matched'] : [NOBODY]), ...(options.fresh ?? [])].map(
    (table) => `select r.signal, s.process, s.number, s.shard from route r join ${table} s on s.key = r.key`,
  )
  statement.with('reached', known.join(' union '))
  const signals = emissions.map(({ signal }) => signal)
  const free = options.limited && addCrowded(statement, schema, signals) ? 'not exists (select from crowded)' : 'true'
  const payloads = statement.rows('y', {
    at: ['int4', slices.map(({ offset }) => offset)],
    length: ['int4', slices.map(({ length }) => length)],
    signal: ['int4', emissions.map((_, number) => number)],
  })
  statement.with(
    'delivered',
    `insert into ${schema}.inbox (process, at, via, payload)
     select r.process, ${NOW}, r.number, substr(${statement.blob}, y.at, y.length)
     from reached r join ${payloads} on y.signal = r.signal where ${free} order by r.signal, r.number
     returning process, id, at, via, payload`,
  )
  const claimed = options.claim?.(free)
  const isClaimed = claimed ? `r.process in (select c.id from ${claimed} c)` : 'false'
  statement.with(
    'woken',
    `insert into ${schema}.wake (shard, process, id, claimed)
     select shard, process, nextval('${schema}.wake_id'), ${isClaimed} from (select distinct shard, process from reached) r
     where ${free} returning process, id`,
  )
}
