/**
 * What a node remembers of the processes it was given until they are at rest: their shard, so that it is not handed over
 * in the middle of a turn, and whether their claim mark is there.
 */
import type { SqlRow } from '../../sql/connection.ts'
import type { Checkpoint, StartRequest } from '../records.ts'
import { type Flushed, isAtRest, isEnding, type Rows } from './flushed.ts'
import { PIECE } from './pieces.ts'
import { CLAIM_MARK } from './record.ts'

/** Of a process of which nothing is known. */
const ANY: Rows = { part: true, timer: true, subscription: true }

interface Turn {
  readonly shard: number
  marked: boolean
  rows: Rows
  /** A unit of work carries its last checkpoint, and nobody tells when that commits: counted as busy until then. */
  until?: number
}

/** Milliseconds a unit of work may take from its checkpoint to its commit. */
const COMMITTING = 30_000

export class Turns {
  readonly #turns = new Map<string, Turn>()
  /** Being started here, and handed out by nothing else yet. */
  readonly #starting = new Set<string>()

  /** Loaded by a claim, which left its mark. */
  claimed(row: SqlRow): void {
    this.#loaded(row, true)
  }

  /** Loaded without leaving a mark. */
  seen(row: SqlRow): void {
    const marks = (row.wake_table ?? []) as string[]
    this.#loaded(row, marks.includes(CLAIM_MARK) || this.#turns.get(row.id as string)?.marked === true)
  }

  /** What is loaded may be older than the turn that it has here by now. */
  #loaded(row: SqlRow, marked: boolean): void {
    this.#starting.delete(row.id as string)
    const known = this.#turns.get(row.id as string)?.rows
    const rows = {
      part: known?.part === true || row.part_table !== null,
      timer: known?.timer === true || row.timer_table !== null,
      subscription: true,
    }
    this.#turns.set(row.id as string, { shard: row.shard as number, marked, rows })
  }

  /** Its answer is asked for: `began` follows where it was created, and `notStarting` in any case. */
  starting(ids: Iterable<string>): void {
    for (const id of ids) this.#starting.add(id)
  }

  notStarting(ids: Iterable<string>): void {
    for (const id of ids) this.#starting.delete(id)
  }

  /** Started and claimed at once. What handed it out meanwhile knows more of it: it may have moved on. */
  began({ id, head, parts, subscribe }: StartRequest, shard: number): void {
    if (!this.#starting.delete(id)) return
    const rows = { part: parts.size > 0 || head.length > PIECE, timer: false, subscription: subscribe.length > 0 }
    this.#turns.set(id, { shard, marked: true, rows })
  }

  flushed(checkpoint: Checkpoint): Flushed {
    const turn = this.#turns.get(checkpoint.id)
    if (turn === undefined) return { checkpoint, marked: false, rows: ANY }
    turn.rows = withRowsOf(checkpoint, turn.rows)
    return { checkpoint, marked: turn.marked, rows: turn.rows }
  }

  accepted(checkpoint: Checkpoint): void {
    const turn = this.#turns.get(checkpoint.id)
    if (isEnding(checkpoint) || isAtRest(checkpoint)) this.#turns.delete(checkpoint.id)
    else if (turn) turn.marked = true
    else this.#turns.set(checkpoint.id, { shard: checkpoint.shard, marked: true, rows: ANY })
  }

  /** The checkpoint was written into a transaction that is still open. */
  joined(checkpoint: Checkpoint, now: number): void {
    const turn = this.#turns.get(checkpoint.id)
    if (turn && (isEnding(checkpoint) || isAtRest(checkpoint))) turn.until = now + COMMITTING
  }

  forget(id: string): void {
    this.#turns.delete(id)
  }

  /** Shards in which a turn runs. */
  busyShards(now: number): ReadonlySet<number> {
    const busy = new Set<number>()
    for (const [id, turn] of this.#turns) {
      if (turn.until !== undefined && turn.until < now) this.#turns.delete(id)
      else busy.add(turn.shard)
    }
    return busy
  }
}

/** Once there may be rows there may be until the end: which are left is not counted. */
function withRowsOf({ head, writeParts, timers, subscribe }: Checkpoint, rows: Rows): Rows {
  const part = rows.part || writeParts.size > 0 || head.length > PIECE
  const timer = rows.timer || timers.size > 0
  const subscription = rows.subscription || subscribe.length > 0
  if (part === rows.part && timer === rows.timer && subscription === rows.subscription) return rows
  return { part, timer, subscription }
}
