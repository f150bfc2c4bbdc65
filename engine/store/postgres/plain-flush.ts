/**
 * The commonest flush: one process in the middle of its turn moves on, and nothing else happens. It says what `flush.ts` would
 * say, with nothing for the server to join: what is waited for at every step.
 */
import type { SqlRow, SqlStatement, SqlValue } from '../../sql/connection.ts'
import { asciiOf, plainBytes } from '../../value/text-bytes.ts'
import type { Fence, FlushAnswer } from './flush.ts'
import { type Flushed, isCutAt } from './flushed.ts'
import { PIECE } from './pieces.ts'
import { statusNumber } from './record.ts'
import { bytesParameter } from './statement.ts'

const RUNNING = statusNumber('running')

/** `undefined` when there is more to it, or it is more than one. */
export function plainFlush(schema: string, fence: Fence, flushed: readonly Flushed[]): SqlStatement | undefined {
  const [one] = flushed
  if (one === undefined || flushed.length > 1 || !isPlain(one)) return undefined
  const { id, seq, place, head } = one.checkpoint
  const text = asciiOf([head])
  const parameters: SqlValue[] = [
    fence.node,
    fence.lane,
    id,
    seq,
    place.line,
    place.waits.length === 0 ? '[]' : JSON.stringify(place.waits),
    text ?? plainBytes(head),
  ]
  const bytes = bytesParameter('$7', text)
  return {
    text: `with fence as (select 1 from ${schema}.fence where node = $1::int4 and lane = $2::int2 for share)
      update ${schema}.process p set seq = $4::int4, status = ${RUNNING}, line = $5::int4, waits = $6::text, crashes = 0,
        head_chunks = 0, head = ${bytes}, outcome = null, ended_at = null
      from fence where p.id = $3::uuid and p.seq = $4::int4 - 1 returning p.id`,
    parameters,
  }
}

/** What it answers: a row when it was accepted. */
export function readPlainFlush(rows: readonly SqlRow[]): FlushAnswer {
  return { accepted: rows.length === 1 ? 'all' : new Set(), woken: [] }
}

function isPlain({ checkpoint, marked }: Flushed): boolean {
  return (
    checkpoint.status === 'running' &&
    marked &&
    checkpoint.wakes.length === 0 &&
    checkpoint.log.length === 0 &&
    checkpoint.writeParts.size === 0 &&
    checkpoint.dropParts.length === 0 &&
    checkpoint.head.length <= PIECE &&
    checkpoint.consume.length === 0 &&
    checkpoint.timers.size === 0 &&
    checkpoint.subscribe.length === 0 &&
    checkpoint.unsubscribe.length === 0 &&
    checkpoint.start.length === 0 &&
    checkpoint.emit.length === 0 &&
    checkpoint.data === undefined &&
    checkpoint.outcome === undefined &&
    !isCutAt(checkpoint.seq)
  )
}
