/** Starting from outside of processes: the statement that does it, and what of its answer the starter is told. */
import type { SqlRow, SqlStatement } from '../../sql/connection.ts'
import { sqlArray } from '../../sql/connection.ts'
import { plainBytes } from '../../value/text-bytes.ts'
import type { LoadedProcess, StartRequest, StartResult } from '../records.ts'
import { addKeys } from './keys.ts'
import type { KnownKinds } from './kinds.ts'
import { plainStart } from './plain-start.ts'
import { addStarting } from './starting.ts'
import { Statement } from './statement.ts'

/** Answers those it creates. `isClaimed`: the starting node runs those at once. */
export function startStatement(
  schema: string,
  requests: readonly StartRequest[],
  isClaimed: (request: StartRequest) => boolean = () => false,
  kinds?: KnownKinds,
): SqlStatement {
  const statement = new Statement(requests.length === 1)
  const subscribed = requests.flatMap(({ subscribe }) => subscribe.map(({ key }) => key))
  const locked = addKeys(statement, schema, { emitted: [], subscribed })
  const starts = requests.map((request) => ({
    request,
    source: null,
    claimed: isClaimed(request),
    kind: kinds?.of(request) ?? null,
  }))
  addStarting(statement, schema, starts, locked)
  return statement.finish(`select id, shard, started_at::float8 as started_at, kind from started`)
}

/**
 * Those that were there already; `undefined` when there are none. A statement of its own: what another starter committed
 * while the first waited for it is seen by the next only.
 */
export function existingStatement(
  schema: string,
  requests: readonly StartRequest[],
  created: readonly SqlRow[],
): SqlStatement | undefined {
  if (created.length === requests.length) return undefined
  const ids = new Set(created.map(({ id }) => id))
  const paths = requests.filter(({ id }) => !ids.has(id)).map(({ path }) => path)
  return {
    text: `select path, id, shard from ${schema}.instance where path = any($1::text[])`,
    parameters: [sqlArray(paths)],
  }
}

export interface Started {
  readonly results: readonly StartResult[]
  /** Shards in which processes were created, by process. */
  readonly shards: readonly number[]
  /** When those that were created were started, in database time, by id. */
  readonly times: ReadonlyMap<string, number>
}

/** From the answers to `startStatement` and `existingStatement`. */
export function readStarted(
  requests: readonly StartRequest[],
  created: readonly SqlRow[],
  existing: readonly SqlRow[],
): Started {
  const byId = new Map(created.map((row) => [row.id as string, row]))
  const byPath = new Map(existing.map((row) => [row.path as string, row]))
  for (const { id, path } of requests) {
    const row = byId.get(id)
    if (row !== undefined) byPath.set(path, row)
  }
  const results = requests.map(({ id, path }) => {
    const row = byId.get(id) ?? byPath.get(path)
    return { id: row?.id as string, created: byId.has(id), shard: row?.shard as number }
  })
  return {
    results,
    shards: created.map(({ shard }) => shard as number),
    times: new Map(created.map((row) => [row.id as string, row.started_at as number])),
  }
}

/** Runs both, one after the other. `kinds` is for what commits by itself. */
export async function startOn(
  run: (statement: SqlStatement) => Promise<readonly SqlRow[]>,
  schema: string,
  requests: readonly StartRequest[],
  isClaimed?: (request: StartRequest) => boolean,
  kinds?: KnownKinds,
): Promise<Started> {
  const [first] = requests
  const kind = first && kinds?.of(first)
  const plain = first && plainStart(schema, requests, isClaimed?.(first) === true, kind ?? null)
  const created = await run(plain ?? startStatement(schema, requests, isClaimed, kinds))
  if (kinds !== undefined) learn(kinds, requests, created)
  const find = existingStatement(schema, requests, created)
  return readStarted(requests, created, find === undefined ? [] : await run(find))
}

function learn(kinds: KnownKinds, requests: readonly StartRequest[], created: readonly SqlRow[]): void {
  const byId = new Map(created.map(({ id, kind }) => [id as string, kind as number]))
  for (const request of requests) {
    const kind = byId.get(request.id)
    if (kind !== undefined) kinds.learn(request, kind)
  }
}

/** What was stored just now, as a claim would give it. */
export function justStarted(request: StartRequest, shard: number, startedAt: number): LoadedProcess {
  const { id, path, definition, program, parent, place, head, parts } = request
  return {
    record: {
      id,
      path,
      definition,
      program,
      shard,
      seq: 0,
      status: 'running',
      place,
      startedAt,
      crashes: 0,
      ...(parent === undefined ? {} : { parent }),
    },
    head: plainBytes(head),
    parts: new Map([...parts].map(([part, bytes]) => [part, plainBytes(bytes)])),
    inbox: [],
    timers: new Map(),
    wakes: [],
  }
}
