/** Starting from outside of processes: the transaction that does it, and what of its answer the starter is told. */
import type { SqlRow, SqlStatement } from '../../sql/connection.ts'
import { sqlArray } from '../../sql/connection.ts'
import { plainBytes } from '../../value/text-bytes.ts'
import type { LoadedProcess, StartRequest, StartResult } from '../store.ts'
import { keyLocks } from './emission.ts'
import { addStarting } from './starting.ts'
import { Statement } from './statement.ts'

/** To be run as one transaction. `isClaimed`: the starting node runs those it creates at once. */
export function startStatements(
  schema: string,
  requests: readonly StartRequest[],
  isClaimed: (request: StartRequest) => boolean = () => false,
): SqlStatement[] {
  const locks = keyLocks(
    schema,
    [],
    requests.flatMap(({ subscribe }) => subscribe.map(({ key }) => key)),
  )
  const statement = new Statement()
  addStarting(
    statement,
    schema,
    requests.map((request) => ({ request, source: null, claimed: isClaimed(request) })),
  )
  const find = {
    text: `select path, id, shard, started_at::float8 as started_at from ${schema}.instance where path = any($1::text[])`,
    parameters: [sqlArray(requests.map(({ path }) => path))],
  }
  return [...(locks ? [locks] : []), statement.finish(`select id, shard from started`), find]
}

export interface Started {
  readonly results: readonly StartResult[]
  /** Shards in which processes were created, by process. */
  readonly shards: readonly number[]
  /** When each of the results was started, in database time. */
  readonly times: readonly number[]
}

/** From the answers to `startStatements`. */
export function readStarted(requests: readonly StartRequest[], answers: readonly (readonly SqlRow[])[]): Started {
  const rows = answers.at(-2) ?? []
  const created = new Set(rows.map(({ id }) => id as string))
  const byPath = new Map((answers.at(-1) ?? []).map((row) => [row.path as string, row]))
  const results = requests.map(({ id, path }) => {
    const row = byPath.get(path)
    return { id: row?.id as string, created: created.has(id), shard: row?.shard as number }
  })
  const times = requests.map(({ path }) => byPath.get(path)?.started_at as number)
  return { results, shards: rows.map(({ shard }) => shard as number), times }
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
  }
}
