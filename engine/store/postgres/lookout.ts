/**
 * What a node looks at several times a second: its lease, its peers, shards nobody holds, and whether there is something to
 * claim. It takes over from the dead, hands shards to those that have too few, and stops by itself when its lease could
 * not be renewed. Which shards it holds is known here.
 */
import type { Clock, Scheduled } from '../../clock/clock.ts'
import type { SqlDatabase, SqlLane } from '../../sql/connection.ts'
import type { NodeOptions } from '../store.ts'
import { longestGap } from './beating.ts'
import { FORGOTTEN_AT_ONCE, forgetStatement, orphanStatement } from './claim.ts'
import type { ControlLane } from './control-lane.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { Hints } from './hints.ts'
import {
  dealStatement,
  leaveStatements,
  type Pulse,
  pulseStatement,
  readPulse,
  takeFreeStatement,
} from './membership.ts'
import { needyPeers, Peers } from './peers.ts'
import { inTransaction } from './transaction.ts'
import type { Turns } from './turns.ts'

export interface LookoutOptions {
  readonly sql: SqlDatabase
  readonly schema: string
  /** One that goes on evenly. */
  readonly clock: Clock
  readonly node: number
  readonly lease: number
  readonly application: string
  readonly heartbeat: Heartbeat
  readonly hints: Hints
  readonly options: NodeOptions
  /** Milliseconds that ended processes are kept. */
  readonly retention: number
}

/** The session it looks out for. */
export interface LookoutSession {
  readonly control: ControlLane
  readonly turns: Turns
  /** Writes on their way: a shard is given away when they have arrived. */
  readonly inFlight: ReadonlySet<Promise<unknown>>
  isLost(): boolean
  lose(reason: string): void
}

/** Milliseconds between two looks; and how soon the first of several is when something is about to be committed. */
const PULSE = 250
const SOON = 10
/** How often what ended processes left behind is cleared away, in looks. */
const SWEEP = 40

export class Lookout {
  readonly #at: LookoutOptions
  readonly #session: LookoutSession
  /** Shards in which something is runnable that this build cannot run: other nodes are to try. */
  readonly #unable = new Set<number>()
  readonly #peers = new Peers()
  readonly #joined: number
  #shards: ReadonlySet<number> = new Set()
  #shardList: readonly number[] = []
  #timer: Scheduled | undefined
  #looking: Promise<void> | undefined
  #looks = 0
  #pause = PULSE

  constructor(options: LookoutOptions, session: LookoutSession) {
    this.#at = options
    this.#session = session
    this.#joined = options.clock.now()
  }

  shards(): readonly number[] {
    return this.#shardList
  }

  holds(shard: number): boolean {
    return this.#shards.has(shard)
  }

  #hold(shards: readonly number[]): void {
    this.#shards = new Set(shards)
    this.#shardList = [...this.#shards]
  }

  /** Something is runnable in this shard that this build cannot run. */
  unable(shard: number): void {
    this.#unable.add(shard)
  }

  /** Something of this node's shards will be woken by a transaction that does not say when it commits. */
  lookSoon(): void {
    this.#pause = SOON
    if (this.#looking === undefined) this.#schedule()
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

  /** Looks no more; one that is under way ends first. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    await this.#looking?.catch(() => {})
    this.#timer?.cancel()
  }

  /** Lets go of everything at once, to those that are there. */
  async handOver(): Promise<void> {
    const { sql, schema, hints, node } = this.#at
    const peers = await sql.query<{ id: number }>(
      `select id from ${schema}.node where id <> $1::int4 and lease_until > clock_timestamp() order by id`,
      [node],
    )
    const heirs = peers.map(({ id }) => id)
    await inTransaction(sql, [dealStatement(schema, node, this.shards(), heirs), ...leaveStatements(schema, node)])
    await hints.nudge(heirs)
  }

  #schedule(): void {
    this.#timer?.cancel()
    if (!this.#session.isLost()) this.#timer = this.#at.clock.schedule(this.#pause, () => void this.look())
  }

  async #look(): Promise<void> {
    this.#timer?.cancel()
    this.#checkLease()
    if (this.#session.isLost()) return
    try {
      const lane = await this.#session.control.get()
      const { text, parameters } = pulseStatement(this.#at.schema, this.#at.node, this.#at.sql.sessions)
      const [row] = await lane.query(text, parameters)
      if (!this.#session.isLost()) await this.#act(readPulse(row), lane)
    } catch {
      this.#checkLease()
    }
  }

  async #act(pulse: Pulse, lane: SqlLane): Promise<void> {
    const { schema, hints, options } = this.#at
    if (!pulse.alive) return this.#session.lose('another node took over')
    const gained = pulse.shards.some((shard) => !this.#shards.has(shard))
    this.#hold(pulse.shards)
    if (pulse.free.length > 0) {
      const { text, parameters } = takeFreeStatement(schema, this.#at.node)
      const taken = await lane.query<{ id: number }>(text, parameters)
      this.#hold([...this.#shards, ...taken.map(({ id }) => id)])
    }
    if (pulse.woken || gained || pulse.free.length > 0) options.onWake()
    const living = await this.#buryDead(pulse, lane)
    await hints.nudge(await this.#share(living, lane))
    if (++this.#looks >= SWEEP) await this.#sweep(lane)
  }

  async #sweep(lane: SqlLane): Promise<void> {
    const { schema, retention } = this.#at
    const orphans = orphanStatement(schema, this.shards())
    await lane.query(orphans.text, orphans.parameters)
    const forget = forgetStatement(schema, retention)
    const [forgotten] = await lane.query<{ count: number }>(forget.text, forget.parameters)
    // Where there are more, the next look goes on: they are not to become more than are cleared away.
    if (forgotten !== undefined && forgotten.count < FORGOTTEN_AT_ONCE) this.#looks = 0
  }

  /** Takes over from peers that are dead; answers those that live. */
  async #buryDead(pulse: Pulse, lane: SqlLane): Promise<readonly number[]> {
    const { schema, clock, lease, application, hints, sql, heartbeat, options } = this.#at
    const now = clock.now()
    const isInTime = now - heartbeat.renewed < longestGap(lease)
    const { dead, living } = this.#peers.judge(pulse, now, isInTime ? heartbeat.unbroken : undefined)
    for (const peer of dead) {
      const quarantined = await this.#peers.bury(sql, schema, peer, [this.#at.node, ...living], application)
      if (quarantined !== undefined) {
        options.onTakeover?.(quarantined)
        await hints.nudge(living)
      }
      const { text, parameters } = pulseStatement(schema, this.#at.node, false)
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
    const { needy, surplus } = await needyPeers(lane, schema, this.#at.node, this.#shards.size)
    const busy = this.#session.turns.busyShards(clock.now())
    const idle = [...this.#shards].filter((shard) => !busy.has(shard))
    const passed = idle.filter((shard) => this.#unable.has(shard))
    this.#unable.clear()
    const even = needy.length === 0 ? [] : idle.filter((shard) => !passed.includes(shard))
    const dealt = even.slice(0, Math.max(0, surplus - passed.length))
    const given = [...passed, ...dealt]
    if (given.length === 0) return []
    // From here on nothing of these shards is claimed or committed by this node; what is on its way arrives first.
    this.#hold([...this.#shards].filter((shard) => !given.includes(shard)))
    await Promise.allSettled([...this.#session.inFlight])
    for (const { text, parameters } of [
      dealStatement(schema, this.#at.node, passed, living),
      dealStatement(schema, this.#at.node, dealt, needy),
    ]) {
      await lane.query(text, parameters)
    }
    return passed.length > 0 ? living : needy
  }

  /** A node that could not renew its lease must stop before others count it as dead. */
  #checkLease(): void {
    const { heartbeat, lease, clock } = this.#at
    if (clock.now() - Math.max(heartbeat.renewed, this.#joined) > lease)
      this.#session.lose('its lease could not be renewed')
  }
}
