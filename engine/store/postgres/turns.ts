/**
 * What a node remembers of the processes it claimed until they are at rest: their shard, so that it is not handed over
 * in the middle of a turn, and the wake-ups the turn has seen, which its last checkpoint takes away.
 */
import type { SqlRow } from '../../sql/connection.ts'
import type { Checkpoint } from '../store.ts'
import { type Flushed, isAtRest, isEnding } from './flushed.ts'

const NONE: readonly string[] = []

interface Turn {
  readonly shard: number
  wakes: readonly string[]
  marked: boolean
  /** A unit of work carries its last checkpoint, and nobody tells when that commits: counted as busy until then. */
  until?: number
}

/** Milliseconds a unit of work may take from its checkpoint to its commit. */
const COMMITTING = 30_000

export class Turns {
  readonly #turns = new Map<string, Turn>()
  readonly #loads = new Set<Set<string>>()

  /**
   * Runs what loads processes to give them turns. What began a turn here meanwhile, by another load or by a start, was
   * loaded too early and is left out: its state may be an old one. Answers the rows to begin with.
   */
  async loading<Answer>(
    load: () => Promise<Answer>,
    rowsOf: (answer: Answer) => readonly SqlRow[],
  ): Promise<{ readonly answer: Answer; readonly rows: readonly SqlRow[] }> {
    const begun = new Set<string>()
    this.#loads.add(begun)
    try {
      const answer = await load()
      const rows = rowsOf(answer).filter(({ id }) => !begun.has(id as string))
      this.#loads.delete(begun)
      for (const row of rows) this.seen(row, true)
      return { answer, rows }
    } finally {
      this.#loads.delete(begun)
    }
  }

  #begins(id: string): void {
    for (const begun of this.#loads) begun.add(id)
  }

  /** From a loaded row. `marked`: claimed, rather than looked at. */
  seen(row: SqlRow, marked: boolean): void {
    if (marked) this.#begins(row.id as string)
    const wakes = (row.wake_table ?? []) as string[]
    const known = this.#turns.get(row.id as string)
    this.#turns.set(row.id as string, {
      shard: row.shard as number,
      wakes: wakes.filter((id) => id !== '0'),
      marked: marked || wakes.includes('0') || known?.marked === true,
    })
  }

  /** Started and claimed at once. */
  began(id: string, shard: number): void {
    this.#begins(id)
    this.#turns.set(id, { shard, wakes: NONE, marked: true })
  }

  flushed(checkpoint: Checkpoint): Flushed {
    const turn = this.#turns.get(checkpoint.id)
    return { checkpoint, wakes: turn?.wakes ?? NONE, marked: turn?.marked ?? false }
  }

  accepted(checkpoint: Checkpoint): void {
    const turn = this.#turns.get(checkpoint.id)
    if (isEnding(checkpoint) || isAtRest(checkpoint)) this.#turns.delete(checkpoint.id)
    else if (turn) {
      turn.wakes = NONE
      turn.marked = true
    } else this.#turns.set(checkpoint.id, { shard: checkpoint.shard, wakes: NONE, marked: true })
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
