/**
 * Runs flushes on lanes of their own, each with its own fence row. What neither subscribes nor emits nor starts is one
 * statement that waits for nobody. What does may meet the open transaction of somebody else: it gets 50 ms, then each such
 * checkpoint goes alone, with patience, and holds up no other.
 */
import type { SqlDatabase, SqlLane, SqlRow, SqlStatement } from '../../sql/connection.ts'
import { SqlStatementError } from '../../sql/errors.ts'
import { type FlushAnswer, isAccepted, flushStatement, reachesOut, readFlush } from './flush.ts'
import type { Flushed } from './flushed.ts'
import { FLUSH_LANES } from './membership.ts'
import { plainEnd, readPlainEnd } from './plain-end.ts'
import { plainFlush, readPlainFlush } from './plain-flush.ts'

/** Checkpoints and bytes in one statement at most. */
const MAX_ROWS = 500
const MAX_BYTES = 4_000_000

/** Milliseconds a statement may stay unanswered: then the lane is cut and the commit asked about. */
const DEADLINE = 10_000

/** How long it waits for others. */
const HASTY = '50ms'
const PATIENT = '2s'

export class Flusher {
  readonly #sql: SqlDatabase
  readonly #schema: string
  readonly #node: number
  readonly #free = Array.from({ length: FLUSH_LANES }, (_, lane) => lane)
  readonly #lanes = new Map<number, SqlLane>()
  readonly #waiters: ((lane: number) => void)[] = []
  #closing = false

  constructor(sql: SqlDatabase, schema: string, node: number) {
    this.#sql = sql
    this.#schema = schema
    this.#node = node
  }

  /** Rejects with `SqlConnectionError` when it is not known what was written. */
  async flush(flushed: readonly Flushed[]): Promise<FlushAnswer> {
    return merged(await Promise.all(batches(flushed).map(async (batch) => named(await this.#batch(batch), batch))))
  }

  /** Closes the lanes; flushes under way finish first. */
  async close(): Promise<void> {
    this.#closing = true
    for (let lane = 0; lane < FLUSH_LANES; lane++) await this.#take()
    for (const lane of this.#lanes.values()) lane.release()
    this.#lanes.clear()
  }

  async #batch(batch: readonly Flushed[]): Promise<FlushAnswer> {
    if (!batch.some(({ checkpoint }) => reachesOut(checkpoint)))
      return this.#onLane((lane, number) => this.#write(lane, number, batch))
    try {
      return await this.#onLane((lane, number) => this.#write(lane, number, batch, HASTY))
    } catch (error) {
      if (!isTransient(error)) throw error
    }
    const alone = batch
      .filter(({ checkpoint }) => reachesOut(checkpoint))
      .map(async (one) => named(await this.#patient(one), [one]))
    const rest = batch.filter(({ checkpoint }) => !reachesOut(checkpoint))
    const plain =
      rest.length > 0 ? [this.#onLane(async (lane, number) => named(await this.#write(lane, number, rest), rest))] : []
    return merged(await Promise.all([...alone, ...plain]))
  }

  async #write(lane: SqlLane, number: number, batch: readonly Flushed[], patience?: string): Promise<FlushAnswer> {
    const fence = { node: this.#node, lane: number }
    const plain = plainFlush(this.#schema, fence, batch)
    if (plain !== undefined) return readPlainFlush(await lane.query(plain.text, plain.parameters))
    const end = plainEnd(this.#schema, fence, batch, patience ?? '')
    if (end !== undefined) return readPlainEnd(await lane.query(end.text, end.parameters))
    const statement = flushStatement(this.#schema, fence, batch, patience)
    if (!startsMany(batch)) return readFlush(await lane.query(statement.text, statement.parameters))
    const answers = await lane.pipeline([{ text: 'begin' }, MEASURED, statement, { text: 'commit' }])
    return readFlush(answers[2] as readonly SqlRow[])
  }

  async #patient(one: Flushed): Promise<FlushAnswer> {
    for (;;) {
      try {
        return await this.#onLane((lane, number) => this.#write(lane, number, [one], PATIENT), PATIENT_LANES)
      } catch (error) {
        if (!isTransient(error) || this.#closing) throw error
      }
    }
  }

  async #onLane<Answer>(body: (lane: SqlLane, number: number) => Promise<Answer>, from = 0): Promise<Answer> {
    const number = await this.#take(from)
    try {
      return await body(await this.#lane(number), number)
    } finally {
      this.#giveBack(number)
    }
  }

  async #lane(number: number): Promise<SqlLane> {
    const known = this.#lanes.get(number)
    if (known?.healthy) return known
    known?.release()
    this.#lanes.delete(number)
    const lane = await this.#sql.lane({ pool: 'flush', deadline: DEADLINE })
    this.#lanes.set(number, lane)
    return lane
  }

  /** Patient flushes keep away from the first lanes, so that hasty ones find one free. */
  async #take(from = 0): Promise<number> {
    const index = this.#free.findIndex((lane) => lane >= from)
    if (index >= 0) return this.#free.splice(index, 1)[0] as number
    const lane = await new Promise<number>((resolve) => this.#waiters.push(resolve))
    if (lane >= from) return lane
    this.#giveBack(lane)
    return this.#take(from)
  }

  #giveBack(lane: number): void {
    const waiter = this.#waiters.shift()
    if (waiter) waiter(lane)
    else this.#free.unshift(lane)
  }
}

const PATIENT_LANES = 2

/**
 * Processes started by one statement from which on it is planned for their number. The plan that is made once is for few rows
 * and compares each with each.
 */
const MANY_STARTS = 200
const MEASURED: SqlStatement = { text: 'set local plan_cache_mode = force_custom_plan' }

function startsMany(batch: readonly Flushed[]): boolean {
  return batch.reduce((sum, { checkpoint }) => sum + checkpoint.start.length, 0) > MANY_STARTS
}

function isTransient(error: unknown): boolean {
  return error instanceof SqlStatementError && error.transient
}

function batches(flushed: readonly Flushed[]): Flushed[][] {
  const all: Flushed[][] = [[]]
  let bytes = 0
  for (const one of flushed) {
    const size = sizeOf(one)
    const last = all.at(-1) as Flushed[]
    if (last.length > 0 && (last.length >= MAX_ROWS || bytes + size > MAX_BYTES)) {
      all.push([one])
      bytes = size
    } else {
      last.push(one)
      bytes += size
    }
  }
  return all
}

function sizeOf({ checkpoint }: Flushed): number {
  let size = checkpoint.head.length
  if (checkpoint.writeParts.size > 0) for (const part of checkpoint.writeParts.values()) size += part.length
  return size
}

interface Named extends FlushAnswer {
  readonly of: readonly Flushed[]
}

function named(answer: FlushAnswer, of: readonly Flushed[]): Named {
  return { ...answer, of }
}

function merged(answers: readonly Named[]): FlushAnswer {
  if (answers.length === 1 && answers[0]) return answers[0]
  const accepted = answers.flatMap((answer) =>
    answer.of.filter(({ checkpoint }) => isAccepted(answer, checkpoint.id)).map(({ checkpoint }) => checkpoint.id),
  )
  return {
    accepted: new Set(accepted),
    woken: answers.flatMap(({ woken }) => [...woken]),
  }
}
