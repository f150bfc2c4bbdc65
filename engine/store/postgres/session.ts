/**
 * A node's place in the Postgres store. It looks several times a second: at its lease, at its peers, at shards nobody
 * holds, and whether there is something to claim. It stops by itself when its lease could not be renewed.
 */
import type { Clock, Scheduled } from '../../clock/clock.ts'
import { FencedError } from '../../errors.ts'
import type { SqlDatabase, SqlLane, SqlSubscription } from '../../sql/connection.ts'
import type { JoinableTransaction } from '../../step/transaction.ts'
import type {
  Checkpoint,
  CommitAnswer,
  LoadedProcess,
  NodeOptions,
  StartRequest,
  StartResult,
  StoreSession,
} from '../store.ts'
import {
  claimStatement,
  forgetStatement,
  nextDueStatement,
  orphanStatement,
  releaseStatement,
  reloadStatement,
} from './claim.ts'
import { ControlLane } from './control-lane.ts'
import { Flusher } from './flusher.ts'
import { flushLocks, flushStatement, isAccepted, readFlush } from './flush.ts'
import { isEnding } from './flushed.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { Hints } from './hints.ts'
import {
  dealStatement,
  FLUSH_LANES,
  leaveStatements,
  type Pulse,
  pulseStatement,
  readPulse,
  takeFreeStatement,
  UNIT_LANES,
} from './membership.ts'
import { needyPeers, Peers } from './peers.ts'
import { readLoaded } from './record.ts'
import { justStarted, readStarted, startStatements } from './start.ts'
import { inTransaction } from './transaction.ts'
import { Turns } from './turns.ts'

export interface SessionOptions {
  readonly sql: SqlDatabase
  readonly schema: string
  readonly clock: Clock
  readonly node: number
  readonly lease: number
  readonly application: string
  readonly heartbeat: Heartbeat
  readonly hints: Hints
  readonly options: NodeOptions
  /** Milliseconds that ended processes are kept. */
  readonly retention: number
  /** Processes that this node changed. */
  readonly onChanged: (ids: readonly string[]) => void
}

/** Milliseconds between two looks; and how soon the first of several is when something is about to be committed. */
const PULSE = 250
const SOON = 10
/** Milliseconds a look or a claim may take on a busy server, at least. */
const SLOWEST = 3_000
/** How often what ended processes left behind is cleared away, in looks. */
const SWEEP = 40

export class PostgresSession implements StoreSession {
  readonly node: number
  readonly epoch: number
  readonly #at: SessionOptions
  readonly #flusher: Flusher
  readonly #control: ControlLane
  /** Shards in which something is runnable that this build cannot run: other nodes are to try. */
  readonly #unable = new Set<number>()
  readonly #turns = new Turns()
  readonly #peers = new Peers()
  readonly #joined: number
  readonly #inFlight = new Set<Promise<unknown>>()
  #shards: ReadonlySet<number> = new Set()
  #shardList: readonly number[] = []
  #listening: SqlSubscription | undefined
  #timer: Scheduled | undefined
  #looking: Promise<void> | undefined
  #looks = 0
  #pause = PULSE
  #units = 0
  #lost: string | undefined

  constructor(options: SessionOptions) {
    this.#at = options
    this.node = options.node
    this.epoch = options.node
    this.#joined = options.clock.now()
    this.#control = new ControlLane(options.sql, Math.max(options.lease, SLOWEST))
    this.#flusher = new Flusher(options.sql, options.schema, options.node)
  }

  /** Looks for the first time and goes on looking. */
  async open(): Promise<void> {
    const { sql, hints } = this.#at
    if (sql.sessions) {
      const wake = () => this.#hinted()
      this.#listening = await sql.listen(hints.nodeChannel(this.node), wake, wake)
    }
    await this.look()
  }

  shards(): readonly number[] {
    return this.#shardList
  }

  #hold(shards: readonly number[]): void {
    this.#shards = new Set(shards)
    this.#shardList = [...this.#shards]
  }

  holds(shard: number): boolean {
    return this.#lost === undefined && this.#shards.has(shard)
  }

  /** Something of this node's shards was woken here. */
  wake(): void {
    if (this.#lost === undefined) this.#at.options.onWake()
  }

  /** Something of this node's shards will be woken by a transaction that does not say when it commits. */
  lookSoon(): void {
    this.#pause = SOON
    if (this.#looking === undefined) this.#schedule()
  }

  async claim(
    limit: number,
    running: ReadonlySet<string>,
    most?: ReadonlyMap<string, number>,
  ): Promise<readonly LoadedProcess[]> {
    this.#fence()
    const { text, parameters } = claimStatement(this.#at.schema, this.node, this.shards(), limit, running, most)
    const rows = await (await this.#control.get()).query(text, parameters)
    this.#fence()
    // Shards that were handed over meanwhile did not count as busy: what was claimed of them is the new owner's.
    const mine = rows.filter(({ shard }) => this.#shards.has(shard as number))
    for (const row of mine) this.#turns.seen(row, true)
    return mine.map(readLoaded)
  }

  async start(requests: readonly StartRequest[]): Promise<readonly StartResult[]> {
    this.#fence()
    const isMine = ({ shard }: StartRequest) => shard !== undefined && this.holds(shard)
    const { sql, schema } = this.#at
    const mine = new Set(requests.filter(isMine))
    const starting = inTransaction(
      sql,
      startStatements(schema, requests, (request) => mine.has(request)),
    )
    // A shard is not handed over before what is started in it has arrived.
    this.#inFlight.add(starting)
    const answers = await starting.finally(() => this.#inFlight.delete(starting))
    const { results, times } = readStarted(requests, answers)
    const others: number[] = []
    const told = results.map((result, index): StartResult => {
      const request = requests[index] as StartRequest
      if (!result.created || request.id !== result.id) return result
      if (!mine.has(request) || !this.holds(result.shard)) {
        others.push(result.shard)
        return result
      }
      this.#turns.began(result.id, result.shard)
      return { ...result, process: justStarted(request, result.shard, times[index] as number) }
    })
    if (others.length > 0) this.#at.hints.wake(others)
    return told
  }

  async reload(id: string): Promise<LoadedProcess | undefined> {
    this.#fence()
    const { text, parameters } = reloadStatement(this.#at.schema, this.node, id)
    const [row] = await (await this.#control.get()).query(text, parameters)
    if (!row || !this.holds(row.shard as number)) return undefined
    this.#turns.seen(row, false)
    return readLoaded(row)
  }

  async release(id: string): Promise<void> {
    this.#fence()
    const { text, parameters } = releaseStatement(this.#at.schema, this.node, id)
    const [row] = await (await this.#control.get()).query<{ shard: number }>(text, parameters)
    this.#turns.forget(id)
    if (row !== undefined) this.#unable.add(row.shard)
  }

  async nextDue(horizon: number): Promise<number | undefined> {
    this.#fence()
    const { text, parameters } = nextDueStatement(this.#at.schema, this.shards(), horizon)
    const [row] = await (await this.#control.get()).query<{ due: number | null }>(text, parameters)
    return row?.due ?? undefined
  }

  async commit(checkpoints: readonly Checkpoint[]): Promise<readonly CommitAnswer[]> {
    const mine = checkpoints.filter(({ shard }) => this.holds(shard))
    if (mine.length === 0) return checkpoints.map(() => 'fenced')
    const flush = this.#flusher.flush(mine.map((checkpoint) => this.#turns.flushed(checkpoint)))
    this.#inFlight.add(flush)
    const answer = await flush.finally(() => this.#inFlight.delete(flush))
    const accepted = mine.filter(({ id }) => isAccepted(answer, id))
    for (const checkpoint of accepted) this.#turns.accepted(checkpoint)
    this.#tell(accepted, answer.woken)
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
    const locks = flushLocks(schema, [checkpoint])
    if (locks) await transaction.sql.query(locks.text, locks.parameters)
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
    const rows = await sql.query(
      `select from ${schema}.instance i join ${schema}.shard s on s.id = i.shard
       where i.id = $1::uuid and s.node = $3::int4 and exists (
         select from ${schema}.process where id = $1::uuid and seq >= $2::int4
         union all select from ${schema}.finished where id = $1::uuid and seq >= $2::int4)`,
      [id, seq, this.node],
    )
    return rows.length > 0
  }

  async leave(): Promise<void> {
    if (this.#lost !== undefined) return
    this.#lost = 'it left'
    await this.#stop()
    try {
      await this.#handOver()
    } finally {
      await this.#at.heartbeat.stop()
    }
  }

  async #handOver(): Promise<void> {
    const { sql, schema, hints } = this.#at
    const peers = await sql.query<{ id: number }>(
      `select id from ${schema}.node where id <> $1::int4 and lease_until > clock_timestamp() order by id`,
      [this.node],
    )
    const heirs = peers.map(({ id }) => id)
    await inTransaction(sql, [
      dealStatement(schema, this.node, this.shards(), heirs),
      ...leaveStatements(schema, this.node),
    ])
    await hints.nudge(heirs)
  }

  /** Stops without letting go of anything, as `kill -9` does. For tests. */
  async abandon(): Promise<void> {
    if (this.#lost !== undefined) return
    this.#lost = 'it was killed'
    await this.#stop()
    await this.#at.heartbeat.stop()
    this.#at.options.onLost(this.#lost)
  }

  /** One look; while one is under way, that one. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
      this.#schedule()
      this.#pause = Math.min(this.#pause * 2, PULSE)
    })
    return this.#looking
  }

  #schedule(): void {
    this.#timer?.cancel()
    if (this.#lost === undefined) this.#timer = this.#at.clock.schedule(this.#pause, () => void this.look())
  }

  async #look(): Promise<void> {
    this.#timer?.cancel()
    this.#checkLease()
    if (this.#lost !== undefined) return
    try {
      const lane = await this.#control.get()
      const { text, parameters } = pulseStatement(this.#at.schema, this.node, this.#at.sql.sessions)
      const [row] = await lane.query(text, parameters)
      if (this.#lost === undefined) await this.#act(readPulse(row), lane)
    } catch {
      this.#checkLease()
    }
  }

  async #act(pulse: Pulse, lane: SqlLane): Promise<void> {
    const { schema, hints, options } = this.#at
    if (!pulse.alive) return this.#lose('another node took over')
    const gained = pulse.shards.some((shard) => !this.#shards.has(shard))
    this.#hold(pulse.shards)
    if (pulse.free.length > 0) {
      const { text, parameters } = takeFreeStatement(schema, this.node)
      const taken = await lane.query<{ id: number }>(text, parameters)
      this.#hold([...this.#shards, ...taken.map(({ id }) => id)])
    }
    if (pulse.woken || gained || pulse.free.length > 0) options.onWake()
    const living = await this.#buryDead(pulse, lane)
    await hints.nudge(await this.#share(living, lane))
    if (++this.#looks % SWEEP === 0) {
      const { retention } = this.#at
      for (const { text, parameters } of [orphanStatement(schema, this.shards()), forgetStatement(schema, retention)]) {
        await lane.query(text, parameters)
      }
    }
  }

  /** Takes over from peers that are dead; answers those that live. */
  async #buryDead(pulse: Pulse, lane: SqlLane): Promise<readonly number[]> {
    const { schema, clock, lease, application, hints, sql, heartbeat, options } = this.#at
    const now = clock.now()
    const settled = Math.min(now - this.#joined, pulse.uptime) > lease && now - heartbeat.last < lease
    const { dead, living } = this.#peers.judge(pulse, now, settled)
    for (const node of dead) {
      const quarantined = await this.#peers.bury(sql, schema, node, [this.node, ...living], application)
      if (quarantined !== undefined) {
        options.onTakeover?.(quarantined)
        await hints.nudge(living)
      }
      const { text, parameters } = pulseStatement(schema, this.node, false)
      const [row] = await lane.query(text, parameters)
      this.#hold(readPulse(row).shards)
      options.onWake()
    }
    return living
  }

  /**
   * Hands shards in which nothing runs to peers: those that have less than their share, and, of shards in which something
   * waits that this build cannot run, any. Answers the peers that may have got some.
   */
  async #share(living: readonly number[], lane: SqlLane): Promise<readonly number[]> {
    if (living.length === 0) return []
    const { schema, clock } = this.#at
    const { needy, surplus } = await needyPeers(lane, schema, this.node, this.#shards.size)
    const busy = this.#turns.busyShards(clock.now())
    const idle = [...this.#shards].filter((shard) => !busy.has(shard))
    const passed = idle.filter((shard) => this.#unable.has(shard))
    this.#unable.clear()
    const even = needy.length === 0 ? [] : idle.filter((shard) => !passed.includes(shard))
    const dealt = even.slice(0, Math.max(0, surplus - passed.length))
    const given = [...passed, ...dealt]
    if (given.length === 0) return []
    // From here on nothing of these shards is claimed or committed by this node; what is on its way arrives first.
    this.#hold([...this.#shards].filter((shard) => !given.includes(shard)))
    await Promise.allSettled([...this.#inFlight])
    for (const { text, parameters } of [
      dealStatement(schema, this.node, passed, living),
      dealStatement(schema, this.node, dealt, needy),
    ]) {
      await lane.query(text, parameters)
    }
    return passed.length > 0 ? living : needy
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
    void this.look()
  }

  /** A node that could not renew its lease must stop before others count it as dead. */
  #checkLease(): void {
    const { heartbeat, lease, clock } = this.#at
    if (clock.now() - Math.max(heartbeat.last, this.#joined) > lease) this.#lose('its lease could not be renewed')
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined) return
    this.#lost = reason
    void this.#stop().then(() => this.#at.heartbeat.stop())
    this.#at.options.onLost(reason)
  }

  /** Told by the heartbeat. */
  lose(reason: string): void {
    this.#lose(reason)
  }

  async #stop(): Promise<void> {
    this.#timer?.cancel()
    await this.#looking?.catch(() => {})
    this.#timer?.cancel()
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
