/**
 * Starting processes: instance, state, subscriptions and first wake-up in one statement. The path is unique, so of several
 * starters one creates the process and the others find it.
 */
import type { StartRequest } from '../records.ts'
import { addParts } from './parts.ts'
import { storedForm } from './pieces.ts'
import { NOW } from './record.ts'
import { shardOf } from './shard.ts'
import type { Statement } from './statement.ts'

/** A start and the checkpoint it belongs to, if any: it happens only when that one is accepted. */
export interface Starting {
  readonly request: StartRequest
  readonly source: string | null
  /** The starting node runs it at once. */
  readonly claimed?: boolean
  /** Its kind, where that is known. */
  readonly kind?: number | null
}

/**
 * Adds the expressions `started` (id, shard, started_at, kind) and, when there are subscriptions, `started_subscription` (process,
 * number, shard, key); answers whether there are. `condition` says which of the rows `x` (with `source`) are started.
 */
export function addStarting(
  statement: Statement,
  schema: string,
  starts: readonly Starting[],
  condition: string,
): boolean {
  const requests = starts.map(({ request }) => request)
  const forms = requests.map((request) => storedForm(request.id, request.head, request.parts))
  const heads = forms.map(({ head }) => statement.bytes(head))
  const input = statement.rows('x', {
    source: ['uuid', starts.map(({ source }) => source)],
    id: ['uuid', requests.map(({ id }) => id)],
    path: ['text', requests.map(({ path }) => path)],
    definition: ['text', requests.map(({ definition }) => definition)],
    program: ['text', requests.map(({ program }) => program)],
    known: ['int4', starts.map(({ kind }) => kind ?? null)],
    parent: ['uuid', requests.map(({ parent }) => parent ?? null)],
    shard: ['int2', requests.map(({ shard, path }) => shard ?? shardOf(path))],
    line: ['int4', requests.map(({ place }) => place.line)],
    waits: ['text', requests.map(({ place }) => JSON.stringify(place.waits))],
    head_at: ['int4', heads.map(({ offset }) => offset)],
    head_length: ['int4', heads.map(({ length }) => length)],
    head_chunks: ['int2', forms.map(({ headChunks }) => headChunks)],
    claimed: ['bool', starts.map(({ claimed }) => claimed === true)],
  })
  statement.with(
    'starting',
    `select x.*, coalesce(x.known, ${schema}.kind_of(x.definition, x.program)) as kind from ${input} where ${condition}`,
    'materialized',
  )
  statement.with(
    'started',
    `insert into ${schema}.instance (id, path, kind, parent, started_at, shard)
     select id, path, kind, parent, ${NOW}, shard from starting on conflict do nothing
     returning id, shard, started_at, kind`,
  )
  statement.with(
    'started_process',
    `insert into ${schema}.process (id, seq, line, kind, shard, status, head_chunks, waits, head)
     select s.id, 0, s.line, s.kind, s.shard, 0, s.head_chunks, s.waits, substr(${statement.blob}, s.head_at, s.head_length)
     from starting s join started using (id)`,
  )
  statement.with(
    'started_wake',
    `insert into ${schema}.wake (shard, process, id, claimed)
     select s.shard, s.id, 0, s.claimed from starting s join started using (id)`,
  )
  addParts(
    statement,
    schema,
    forms.flatMap(({ rows }) => rows),
    { name: 'started_part', owner: 'started', known: false },
  )
  return addSubscriptions(statement, schema, requests)
}

function addSubscriptions(statement: Statement, schema: string, requests: readonly StartRequest[]): boolean {
  const all = requests.flatMap(({ id, subscribe }) => subscribe.map((subscription) => ({ id, ...subscription })))
  if (all.length === 0) return false
  const input = statement.rows('x', {
    process: ['uuid', all.map(({ id }) => id)],
    number: ['int4', all.map(({ number }) => number)],
    key: ['text', all.map(({ key }) => key)],
  })
  statement.with(
    'started_subscription',
    `insert into ${schema}.subscription (process, number, shard, key)
     select x.process, x.number, started.shard, x.key from ${input} join started on started.id = x.process
     returning process, number, shard, key`,
  )
  return true
}
