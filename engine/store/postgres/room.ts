/**
 * Room in inboxes: before signals are delivered, whether one of the processes they reach has read so little of what it got
 * that its inbox is full. Counting stops at the limit, and is done by the statement that delivers.
 */
import { InboxFullError } from '../../errors.ts'
import type { SqlRow, SqlStatement } from '../../sql/connection.ts'
import type { SignalEmission } from '../records.ts'
import type { Statement } from './statement.ts'

/** Adds `crowded` (signal, process) to a statement that has `reached`; answers whether any signal has a limit. */
export function addCrowded(statement: Statement, schema: string, signals: readonly SignalEmission[]): boolean {
  const limited = signals.flatMap(({ limit }, signal) => (limit === undefined ? [] : [{ signal, limit }]))
  if (limited.length === 0) return false
  const rows = statement.rows('l', {
    signal: ['int4', limited.map(({ signal }) => signal)],
    most: ['int4', limited.map(({ limit }) => limit)],
  })
  statement.with(
    'crowded',
    `select r.signal, r.process from (select distinct signal, process from reached) r join ${rows} on l.signal = r.signal
     where (select count(*) from (select from ${schema}.inbox x where x.process = r.process limit l.most) c) >= l.most
     limit 1`,
  )
  return true
}

/** The columns that `readCrowded` reads. */
export function crowdedSelect(schema: string): string {
  return `select c.signal, i.path from crowded c join ${schema}.instance i on i.id = c.process`
}

/** Throws `InboxFullError` when there is a row. */
export function readCrowded(rows: readonly SqlRow[], signals: readonly SignalEmission[]): void {
  const [row] = rows
  if (row === undefined) return
  const { signal, limit } = signals[row.signal as number] as SignalEmission
  throw new InboxFullError(signal, row.path as string, limit ?? 0)
}

/** Only looks. */
export function roomStatement(
  schema: string,
  statement: Statement,
  signals: readonly SignalEmission[],
): SqlStatement | undefined {
  const keys = signals.flatMap(({ keys }, signal) => keys.map((key) => ({ signal, key })))
  const routes = statement.rows('k', {
    signal: ['int4', keys.map(({ signal }) => signal)],
    key: ['text', keys.map(({ key }) => key)],
  })
  statement.with('reached', `select k.signal, s.process from ${routes} join ${schema}.subscription s on s.key = k.key`)
  return addCrowded(statement, schema, signals) ? statement.finish(crowdedSelect(schema)) : undefined
}
