/**
 * What a node remembers of the processes it was given until they are at rest: their shard, so that it is not handed over
 * in the middle of a turn, and whether their claim mark is there.
 */
import type { SqlRow } from '../../sql/connection.ts'
import type { Checkpoint } from '../store.ts'
import { type Flushed, isAtRest, isEnding } from './flushed.ts'
import { CLAIM_MARK } from './record.ts'

interface Turn {
  readonly shard: number
  marked: boolean
  /** A unit of work carries its last checkpoint, and nobody tells when that commits: counted as busy until then. */
  until?: number
}

/** Milliseconds a unit of work may take from its checkpoint to its commit. */
const COMMITTING = 30_000

export class Turns {
  readonly #turns = new Map<string, Turn>()

  /** Loaded by a claim, which left its mark. */
  claimed(row: SqlRow): void {
    this.began(row.id as string, row.shard as number)
  }

  /** Loaded without leaving a mark. */
  seen(row: SqlRow): void {
    const id = row.id as string
    const marks = (row.wake_table ?? []) as string[]
    const marked = marks.includes(CLAIM_MARK) || this.#turns.get(id)?.marked === true
    this.#turns.set(id, { shard: row.shard as number, marked })
  }

  /** Started and claimed at once. */
  began(id: string, shard: number): void {
    this.#turns.set(id, { shard, marked: true })
  }

  flushed(checkpoint: Checkpoint): Flushed {
    return { checkpoint, marked: this.#turns.get(checkpoint.id)?.marked ?? false }
  }

  accepted(checkpoint: Checkpoint): void {
    const turn = this.#turns.get(checkpoint.id)
    if (isEnding(checkpoint) || isAtRest(checkpoint)) this.#turns.delete(checkpoint.id)
    else if (turn) turn.marked = true
    else this.#turns.set(checkpoint.id, { shard: checkpoint.shard, marked: true })
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
