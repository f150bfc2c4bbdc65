/** A node's place in the Postgres store: what it claims, starts and commits there. `Lookout` keeps the place. */
import { CheckpointRefusedError, FencedError } from '../../errors.ts'
import type { SqlRow, SqlStatement, SqlSubscription } from '../../sql/connection.ts'
import { SqlStatementError } from '../../sql/errors.ts'
import type { JoinableTransaction } from '../../step/transaction.ts'
import type { Checkpoint, LoadedProcess, SignalEmission, StartRequest, StartResult } from '../records.ts'
import type { CommitAnswer, DueClaim, EmitResult, StoreSession, Upcoming } from '../store.ts'
import {
  claimDueStatement,
  claimStatement,
  readUpcoming,
  releaseStatement,
  reloadStatement,
  upcomingStatement,
} from './claim.ts'
import { ControlLane } from './control-lane.ts'
import { emitOn, readReached } from './emit.ts'
import { Flusher } from './flusher.ts'
import { flushStatement, isAccepted, readFlush } from './flush.ts'
import { isEnding } from './flushed.ts'
import { KnownKinds } from './kinds.ts'
import { Lookout, type LookoutOptions } from './lookout.ts'
import { FLUSH_LANES, UNIT_LANES } from './membership.ts'
import { readLoaded } from './record.ts'
import { justStarted, startOn } from './start.ts'
import { inTurn } from './transaction.ts'
import { Turns } from './turns.ts'
import { WideSignals } from './wide-signals.ts'

export interface SessionOptions extends LookoutOptions {
  /** Something is to be done in these shards, by whichever node has them. */
  readonly woken: (shards: readonly number[]) => void
  /** Processes that this node changed. */
  readonly onChanged: (ids: readonly string[]) => void
}

/** Milliseconds a look or a claim may take on a busy server, at least. */
const SLOWEST = 3_000

export class PostgresSession implements StoreSession {
  readonly node: number
  readonly epoch: number
  readonly #at: SessionOptions
  readonly #flusher: Flusher
  readonly #control: ControlLane
  readonly #lookout: Lookout
  readonly #turns = new Turns()
  readonly #kinds = new KnownKinds()
  readonly #wide = new WideSignals()
  readonly #inFlight = new Set<Promise<unknown>>()
  #listening: SqlSubscription | undefined
  #units = 0
  #lost: string | undefined

  constructor(options: SessionOptions) {
    this.#at = options
    this.node = options.node
    this.epoch = options.node
    this.#control = new ControlLane(options.sql, Math.max(options.lease, SLOWEST))
    this.#flusher = new Flusher(options.sql, options.schema, options.node)
    this.#lookout = new Lookout(options, {
      control: this.#control,
      turns: this.#turns,
      inFlight: this.#inFlight,
      isLost: () => this.#lost !== undefined,
      lose: (reason) => this.lose(reason),
    })
  }

  /** Looks for the first time and goes on looking. */
  async open(): Promise<void> {
    const { sql, hints } = this.#at
    if (sql.sessions) {
      const wake = () => this.#hinted()
      this.#listening = await sql.listen(hints.nodeChannel(this.node), wake, wake)
    }
    await this.#lookout.look()
  }

  shards(): readonly number[] {
    return this.#lookout.shards()
  }

  holds(shard: number): boolean {
    return this.#lost === undefined && this.#lookout.holds(shard)
  }

  /** Something of this node's shards was woken here. */
  wake(): void {
    if (this.#lost === undefined) this.#at.options.onWake()
  }

  /** Something of this node's shards will be woken by a transaction that does not say when it commits. */
  lookSoon(): void {
    this.#lookout.lookSoon()
  }

  async claim(
    limit: number,
    running: ReadonlySet<string>,
    most?: ReadonlyMap<string, number>,
  ): Promise<readonly LoadedProcess[]> {
    this.#fence()
    return this.#claimed(
      await this.#ask(claimStatement(this.#at.schema, this.node, this.shards(), limit, running, most)),
    )
  }

  async claimDue(ids: readonly string[], most?: ReadonlyMap<string, number>): Promise<DueClaim> {
    this.#fence()
    const rows = await this.#ask(claimDueStatement(this.#at.schema, this.node, this.shards(), ids, most))
    return { now: rows[0]?.now as number, processes: this.#claimed(rows.filter(({ id }) => id !== null)) }
  }

  async #ask({ text, parameters }: SqlStatement): Promise<readonly SqlRow[]> {
    return (await this.#control.get()).query(text, parameters)
  }

  #claimed(rows: readonly SqlRow[]): readonly LoadedProcess[] {
    const ours = this.#ours(rows)
    for (const row of ours) this.#turns.claimed(row)
    return ours.map(readLoaded)
  }

  /** Shards that were handed over meanwhile did not count as busy: what was claimed of them is the new owner's. */
  #ours(rows: readonly SqlRow[]): readonly SqlRow[] {
    this.#fence()
    return rows.filter(({ shard }) => this.#lookout.holds(shard as number))
  }

  async start(requests: readonly StartRequest[]): Promise<readonly StartResult[]> {
    this.#fence()
    const isMine = ({ shard }: StartRequest) => shard !== undefined && this.holds(shard)
    const mine = new Set(requests.filter(isMine))
    const starting = inTurn(this.#at.sql, (run) =>
      startOn(run, this.#at.schema, requests, (request) => mine.has(request), this.#kinds),
    )
    const ids = [...mine].map(({ id }) => id)
    this.#turns.starting(ids)
    const { results, times } = await this.#arriving(starting).catch((error: unknown) => {
      this.#turns.notStarting(ids)
      throw error
    })
    const others: number[] = []
    const told = results.map((result, index): StartResult => {
      const request = requests[index] as StartRequest
      if (!result.created || request.id !== result.id) return result
      if (!mine.has(request) || !this.holds(result.shard)) {
        others.push(result.shard)
        return result
      }
      this.#turns.began(request, result.shard)
      return { ...result, process: justStarted(request, result.shard, times.get(result.id) as number) }
    })
    this.#turns.notStarting(ids)
    if (others.length > 0) this.#at.hints.wake(others)
    return told
  }

  async emit(signals: readonly SignalEmission[], limit: number, running: ReadonlySet<string>): Promise<EmitResult> {
    this.#fence()
    const { sql, schema } = this.#at
    const claim = { node: this.node, limit, running }
    const answer = await this.#arriving(inTurn(sql, (run) => emitOn(run, schema, signals, claim, this.#wide)))
    const rows = this.#lost === undefined ? this.#ours(answer.claimed) : []
    for (const row of rows) this.#turns.seen(row)
    if (rows.length < answer.reached) this.#at.woken(answer.shards)
    return { counts: answer.counts, claimed: rows.map(readReached) }
  }

  /** A shard is not handed over before what is written to it has arrived. */
  #arriving<Answer>(writing: Promise<Answer>): Promise<Answer> {
    this.#inFlight.add(writing)
    return writing.finally(() => this.#inFlight.delete(writing))
  }

  async reload(id: string): Promise<LoadedProcess | undefined> {
    this.#fence()
    const [row] = await this.#ask(reloadStatement(this.#at.schema, this.node, id))
    if (!row || !this.holds(row.shard as number)) return undefined
    this.#turns.seen(row)
    return readLoaded(row)
  }

  async release(id: string): Promise<void> {
    this.#fence()
    const [row] = await this.#ask(releaseStatement(this.#at.schema, this.node, id))
    this.#turns.forget(id)
    if (row !== undefined) this.#lookout.unable(row.shard as number)
  }

  /** Its mark goes with the statement that is sent before the next claim. Where that is lost, a death here counts once too often. */
  returned(id: string): void {
    this.#turns.forget(id)
    this.#ask(releaseStatement(this.#at.schema, this.node, id)).catch(() => {})
  }

  async upcoming(from: number, horizon: number, limit: number): Promise<Upcoming> {
    this.#fence()
    const [row] = await this.#ask(upcomingStatement(this.#at.schema, this.shards(), from, horizon, limit))
    return readUpcoming(row, horizon, limit)
  }

  async commit(checkpoints: readonly Checkpoint[]): Promise<readonly CommitAnswer[]> {
    const mine = checkpoints.filter(({ shard }) => this.holds(shard))
    if (mine.length === 0) return checkpoints.map(() => 'fenced')
    const flush = this.#flusher.flush(mine.map((checkpoint) => this.#turns.flushed(checkpoint)))
    const answer = await this.#arriving(flush).catch(refused)
    const all = answer.accepted === 'all'
    const accepted = all ? mine : mine.filter(({ id }) => isAccepted(answer, id))
    for (const checkpoint of accepted) this.#turns.accepted(checkpoint)
    this.#tell(accepted, answer.woken)
    if (all && mine.length === checkpoints.length) return mine.map(() => 'accepted')
    const ids = new Set(accepted.map(({ id }) => id))
    return checkpoints.map(({ id }) => (ids.has(id) ? 'accepted' : 'fenced'))
  }

  async commitIn(transaction: JoinableTransaction, checkpoint: Checkpoint): Promise<void> {
    const { sql, schema, clock } = this.#at
    if (transaction.kind !== 'sql' || transaction.storage !== sql.identity) {
      throw new TypeError('This transaction is not on the database of the engine')
    }
    if (!this.holds(checkpoint.shard)) throw this.#fenced(checkpoint)
    this.#turns.joined(checkpoint, clock.now())
    const lane = FLUSH_LANES + (this.#units++ % UNIT_LANES)
    const flushed = this.#turns.flushed(checkpoint)
    const { text, parameters } = flushStatement(schema, { node: this.node, lane }, [flushed])
    const answer = readFlush(await transaction.sql.query(text, parameters))
    if (!isAccepted(answer, checkpoint.id)) throw this.#fenced(checkpoint)
    const committed = () => {
      this.#turns.accepted(checkpoint)
      this.#tell([checkpoint], answer.woken)
    }
    if (transaction.afterCommit) transaction.afterCommit(committed)
    else if (answer.woken.length > 0) this.lookSoon()
  }

  async committed(id: string, seq: number): Promise<boolean> {
    const { sql, schema } = this.#at
    const [row] = await sql.query(
      `select exists (select from ${schema}.wake w where w.shard = i.shard and w.process = i.id and w.id = 0) as marked
       from ${schema}.instance i join ${schema}.shard s on s.id = i.shard
       where i.id = $1::uuid and s.node = $3::int4 and exists (
         select from ${schema}.process where id = $1::uuid and seq >= $2::int4
         union all select from ${schema}.finished where id = $1::uuid and seq >= $2::int4)`,
      [id, seq, this.node],
    )
    // Nothing else tells that it came to rest, or ended, with that checkpoint.
    if (row?.marked === false) this.#turns.forget(id)
    return row !== undefined
  }

  async leave(): Promise<void> {
    if (this.#lost !== undefined) return
    this.#lost = 'it left'
    await this.#stop()
    try {
      await this.#lookout.handOver()
    } finally {
      await this.#at.heartbeat.stop()
    }
  }

  /** Stops without letting go of anything, as `kill -9` does. For tests. */
  async abandon(): Promise<void> {
    if (this.#lost !== undefined) return
    this.#lost = 'it was killed'
    await this.#stop()
    await this.#at.heartbeat.stop()
    this.#at.options.onLost(this.#lost)
  }

  #tell(accepted: readonly Checkpoint[], woken: readonly number[]): void {
    const others = woken.filter((shard) => !this.holds(shard))
    if (others.length < woken.length) this.wake()
    if (others.length > 0) this.#at.hints.wake(others)
    const ended = accepted.filter((checkpoint) => isEnding(checkpoint) || checkpoint.outcome !== undefined)
    if (ended.length > 0) this.#at.hints.ended(ended.map(({ id }) => id))
    this.#at.onChanged(accepted.map(({ id }) => id))
  }

  #hinted(): void {
    if (this.#lost !== undefined) return
    this.#at.options.onWake()
    void this.#lookout.look()
  }

  /** Its place is gone, as the heartbeat or a look found out. */
  lose(reason: string): void {
    if (this.#lost !== undefined) return
    this.#lost = reason
    void this.#stop().then(() => this.#at.heartbeat.stop())
    this.#at.options.onLost(reason)
  }

  async #stop(): Promise<void> {
    await this.#lookout.stop()
    await Promise.allSettled([...this.#inFlight])
    await this.#listening?.close()
    await this.#flusher.close()
    this.#control.close()
  }

  #fence(): void {
    if (this.#lost !== undefined) throw new FencedError(`Node ${this.node} lost its place: ${this.#lost}`)
  }

  #fenced({ id }: Checkpoint): FencedError {
    return new FencedError(`Process ${id} moved on or belongs to another node`)
  }
}

function refused(error: unknown): never {
  if (!(error instanceof SqlStatementError && error.permanent)) throw error
  throw new CheckpointRefusedError(`The database does not store this: ${error.message}`, { cause: error })
}
