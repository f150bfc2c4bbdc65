/**
 * Emitting from outside of processes: one statement that delivers, wakes and, asked by a node, claims the processes of its
 * own that it reached, so that they go on in the same breath.
 */
import type { SqlRow, SqlStatement } from '../../sql/connection.ts'
import { sqlArray } from '../../sql/connection.ts'
import type { LoadedProcess, SignalEmission } from '../records.ts'
import { hasTurn } from './claim.ts'
import { addEmission } from './emission.ts'
import { addKeys } from './keys.ts'
import { plainEmission, readPlainEmission } from './plain-emission.ts'
import { readInbox, readLoaded, RECORD_COLUMNS, stateColumns } from './record.ts'
import { crowdedSelect, readCrowded } from './room.ts'
import { Statement } from './statement.ts'
import type { WideSignals } from './wide-signals.ts'

/** Who may be given a turn at once. */
export interface EmitClaim {
  readonly node: number
  readonly limit: number
  /** In memory already. */
  readonly running: Iterable<string>
}

export function emitStatement(schema: string, signals: readonly SignalEmission[], claim?: EmitClaim): SqlStatement {
  const statement = new Statement(signals.length === 1)
  addKeys(statement, schema, { emitted: signals.flatMap(({ keys }) => keys), subscribed: [] })
  const emissions = signals.map((signal) => ({ signal, source: null }))
  const limited = signals.some(({ limit }) => limit !== undefined)
  addEmission(statement, schema, emissions, {
    limited,
    ...(claim && { claim: (free) => addPicked(statement, schema, claim, free) }),
  })
  const told = `select
      (select json_agg(json_build_array(c.signal, c.count)) from (
        select signal, count(distinct process) as count from reached group by 1) c) as counts,
      (select count(distinct process)::int4 from reached) as reached,
      (select json_agg(distinct shard) from reached) as shards,
      ${limited ? `(select json_build_array(c.signal, c.path) from (${crowdedSelect(schema)}) c)` : 'null::json'} as crowded`
  if (claim === undefined) return statement.finish(told)
  return statement.finish(
    `select told.*, l.* from (${told}) told left join lateral (
       select ${RECORD_COLUMNS}, ${stateColumns(schema)},
         (select json_agg(json_build_array(d.id::text, d.via, d.at, length(d.payload)) order by d.id)
           from delivered d where d.process = p.id) as delivered_table,
         (select string_agg(d.payload, ''::bytea order by d.id) from delivered d where d.process = p.id) as delivered_bytes,
         (select k.id::text from woken k where k.process = p.id) as delivered_wake
       from picked join ${schema}.process p on p.id = picked.id join ${schema}.instance_kind i on i.id = p.id) l on true`,
  )
}

/** Adds `picked` (id, shard): those reached that may have a turn here and now. */
function addPicked(statement: Statement, schema: string, { node, limit, running }: EmitClaim, free: string): string {
  statement.with(
    'picked',
    `select p.id, p.shard from (select distinct r.process from reached r) r
     join ${schema}.process p on p.id = r.process
     join ${schema}.shard s on s.id = p.shard and s.node = ${statement.value(node)}::int4
     where ${hasTurn(schema)} and p.id <> all(${statement.value(sqlArray([...running]))}::uuid[]) and ${free}
     order by p.id limit ${statement.value(limit)}::int4`,
    'materialized',
  )
  return 'picked'
}

export interface Emitted {
  /** How many processes each signal reached. */
  readonly counts: readonly number[]
  /** How many processes were reached in all, and their shards. */
  readonly reached: number
  readonly shards: readonly number[]
  /** Rows of those that were claimed. */
  readonly claimed: readonly SqlRow[]
}

/** Throws `InboxFullError`. */
export function readEmitted(rows: readonly SqlRow[], signals: readonly SignalEmission[]): Emitted {
  const [told] = rows
  const crowded = told?.crowded as [number, string] | null | undefined
  if (crowded) readCrowded([{ signal: crowded[0], path: crowded[1] }], signals)
  const counts = signals.map(() => 0)
  for (const [signal, count] of (told?.counts ?? []) as [number, number][]) counts[signal] = count
  return {
    counts,
    reached: (told?.reached ?? 0) as number,
    shards: (told?.shards ?? []) as number[],
    claimed: rows.filter(({ id }) => id !== null && id !== undefined),
  }
}

/** Emits and claims, by the short way where one process is reached, as far as `wide` knows. */
export async function emitOn(
  run: (statement: SqlStatement) => Promise<readonly SqlRow[]>,
  schema: string,
  signals: readonly SignalEmission[],
  claim: EmitClaim,
  wide: WideSignals,
): Promise<Emitted> {
  const plain = wide.has(signals) ? undefined : plainEmission(schema, signals, claim)
  const short = plain && readPlainEmission(await run(plain), signals)
  if (short !== undefined) return short
  const emitted = readEmitted(await run(emitStatement(schema, signals, claim)), signals)
  wide.learn(signals, emitted.reached)
  return emitted
}

/** As a claim would give it: the long statement does not see yet what it delivers. */
export function readReached(row: SqlRow): LoadedProcess {
  const process = readLoaded(row)
  if (row.delivered_table === undefined) return process
  const delivered = readInbox({ inbox_table: row.delivered_table, inbox_bytes: row.delivered_bytes })
  return {
    ...process,
    inbox: [...process.inbox, ...delivered],
    wakes: [...process.wakes, row.delivered_wake as string],
  }
}
