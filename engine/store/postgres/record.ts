/** Reads process rows: the columns that make a `ProcessRecord`, and the aggregates that make a `LoadedProcess`. */
import type { SqlRow } from '../../sql/connection.ts'
import {
  processStatuses,
  type InboxEntry,
  type LoadedProcess,
  type ProcessRecord,
  type ProcessStatus,
} from '../records.ts'
import { HEAD_OVERFLOW } from './pieces.ts'

/** How a status is stored. */
export function statusNumber(status: ProcessStatus): number {
  return processStatuses.indexOf(status)
}

export function statusOf(stored: number): ProcessStatus {
  return processStatuses[stored] ?? 'running'
}

/** Inbox entries that came through no subscription. */
const VIA_CONTROL = -1
const VIA_CHILD = -2

export function viaNumber(via: InboxEntry['via']): number {
  if (via === 'control') return VIA_CONTROL
  return via === 'child' ? VIA_CHILD : via
}

/** The wake-up that says that a turn is under way, as `wake_table` has it. It is the store's own and no checkpoint names it. */
export const CLAIM_MARK = '0'

/** Database time in milliseconds. */
export const NOW = `(extract(epoch from clock_timestamp()) * 1000)::bigint`

/** The same as of the statement's beginning. What is compared with it is found by index; with `NOW` every row would be looked at. */
export const SINCE = `(extract(epoch from statement_timestamp()) * 1000)::bigint`

/** Columns of a record. `i` is `instance`, `p` has the columns that `process` and `finished` have in common. */
export const RECORD_COLUMNS = `i.id, i.path, i.definition, i.program, i.shard, i.parent, i.started_at::float8 as started_at,
  p.seq, p.status, p.line, p.waits, p.crashes, p.data, p.outcome, p.ended_at::float8 as ended_at`

export function readRecord(row: SqlRow): ProcessRecord {
  return {
    id: row.id as string,
    path: row.path as string,
    definition: row.definition as string,
    program: row.program as string,
    shard: row.shard as number,
    seq: row.seq as number,
    status: statusOf(row.status as number),
    place: { line: row.line as number, waits: JSON.parse(row.waits as string) as string[] },
    startedAt: row.started_at as number,
    crashes: row.crashes as number,
    ...(row.parent === null ? {} : { parent: row.parent as string }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at as number }),
    ...(row.outcome === null ? {} : { outcome: row.outcome as Uint8Array }),
    ...(row.data === null ? {} : { data: row.data as Uint8Array }),
  }
}

/** Everything else that a turn needs of process `p`, in one row: bytes joined together, and a table of their lengths. */
export function stateColumns(schema: string): string {
  return `p.head, p.head_chunks,
    (select json_agg(json_build_array(x.number, x.chunk, x.chunks, length(x.data)) order by x.number, x.chunk)
      from ${schema}.part x where x.process = p.id) as part_table,
    (select string_agg(x.data, ''::bytea order by x.number, x.chunk) from ${schema}.part x where x.process = p.id) as part_bytes,
    (select json_agg(json_build_array(x.id::text, x.via, x.at, length(x.payload)) order by x.id) from ${schema}.inbox x
      where x.process = p.id and ${subscribed(schema)}) as inbox_table,
    (select string_agg(x.payload, ''::bytea order by x.id) from ${schema}.inbox x
      where x.process = p.id and ${subscribed(schema)}) as inbox_bytes,
    (select json_agg(json_build_array(x.number, x.due)) from ${schema}.timer x where x.process = p.id) as timer_table,
    (select json_agg(x.id::text) from ${schema}.wake x where x.shard = p.shard and x.process = p.id) as wake_table`
}

/** A signal may slip in while its subscription ends. */
function subscribed(schema: string): string {
  return `(x.via < 0 or exists (select from ${schema}.subscription s where s.process = x.process and s.number = x.via))`
}

export function readLoaded(row: SqlRow): LoadedProcess {
  const { parts, overflow } = readParts(row)
  const head = row.head as Uint8Array
  const wholeHead =
    (row.head_chunks as number) > 0 ? Buffer.concat([head, ...overflow.slice(0, row.head_chunks as number)]) : head
  const timers = (row.timer_table ?? []) as [number, number][]
  const wakes = ((row.wake_table ?? []) as string[]).filter((id) => id !== CLAIM_MARK)
  return {
    record: readRecord(row),
    head: wholeHead,
    parts,
    inbox: readInbox(row),
    timers: new Map(timers),
    wakes,
    ...(row.now === undefined ? {} : { now: row.now as number }),
  }
}

function readParts(row: SqlRow): { parts: Map<number, Uint8Array>; overflow: Uint8Array[] } {
  const parts = new Map<number, Uint8Array>()
  const overflow: Uint8Array[] = []
  const bytes = row.part_bytes as Uint8Array
  let offset = 0
  let chunks = 0
  for (const [number, chunk, count, length] of (row.part_table ?? []) as [number, number, number, number][]) {
    const piece = bytes.subarray(offset, offset + length)
    offset += length
    if (chunk === 0) chunks = count
    if (chunk >= chunks) continue
    if (number === HEAD_OVERFLOW) overflow.push(piece)
    else parts.set(number, chunk === 0 ? piece : Buffer.concat([parts.get(number) ?? new Uint8Array(), piece]))
  }
  return { parts, overflow }
}

export function readInbox(row: SqlRow): InboxEntry[] {
  const bytes = row.inbox_bytes as Uint8Array
  let offset = 0
  return ((row.inbox_table ?? []) as [string, number, number, number][]).map(([id, via, at, length]) => {
    const payload = bytes.subarray(offset, (offset += length))
    return { id, via: via === VIA_CONTROL ? 'control' : via === VIA_CHILD ? 'child' : via, at, payload }
  })
}
