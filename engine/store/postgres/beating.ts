/**
 * What the heartbeat does in its thread: it holds the session lock by which others see that this OS process lives, and renews
 * the lease, until the node is gone from the table or the main thread is stuck. Others see a renewal as a change of
 * `lease_until`: nobody compares its value with a clock.
 */
import { type Clock, steadyClock } from '../../clock/clock.ts'
import type { SqlDatabase, SqlLane } from '../../sql/connection.ts'
import type { SharedTimes } from './shared-times.ts'

export interface BeatingOptions {
  readonly schema: string
  readonly node: number
  /** Milliseconds. */
  readonly lease: number
  /** Milliseconds without a turn of the main thread after which the lease is let go. */
  readonly stuck: number
}

/** `lost`: the node is not in the table any more. `stuck`: the main thread is. `stopped`: as it was told. */
export type BeatingEnd = 'lost' | 'stuck' | 'stopped'

const RECONNECT = 50

/** Milliseconds between the answer to a beat and the next one. */
function between(lease: number): number {
  return Math.min(1_000, lease / 3.5)
}

/**
 * Milliseconds from one renewal to the next up to which a node is in time: with a slow database as well. A peer that was held up
 * for as long is back before its own lease ends.
 */
export function longestGap(lease: number): number {
  return lease - between(lease)
}

export class Beating {
  readonly #options: BeatingOptions
  readonly #sql: SqlDatabase
  readonly #times: SharedTimes
  readonly #clock: Clock
  readonly #main: MainThread
  /** When the last beat was answered, by this thread's clock. */
  #answered = Number.NEGATIVE_INFINITY
  #stopped = false

  constructor(options: BeatingOptions, sql: SqlDatabase, times: SharedTimes, clock: Clock) {
    this.#options = options
    this.#sql = sql
    this.#times = times
    this.#clock = steadyClock(clock)
    this.#main = new MainThread(times, this.#clock, options.lease)
  }

  stop(): void {
    this.#stopped = true
  }

  /** Resolves when it is over, and why; `onReady` when the session lock is held. */
  async run(onReady: () => void): Promise<BeatingEnd> {
    while (!this.#stopped) {
      if (this.#isStuck()) return 'stuck'
      const lane = await this.#sql.lane({ pool: 'control', deadline: this.#options.lease }).catch(() => undefined)
      if (lane) {
        try {
          if (this.#sql.sessions) await this.#holdLock(lane)
          onReady()
          return await this.#beat(lane)
        } catch {
          // The connection is gone: the next one takes its place.
        } finally {
          lane.release()
        }
      }
      await this.#pause(RECONNECT)
    }
    return 'stopped'
  }

  async #holdLock(lane: SqlLane): Promise<void> {
    const { schema, node } = this.#options
    for (;;) {
      const [row] = await lane.query<{ held: boolean }>(
        `select pg_try_advisory_lock(hashtext($1::text), $2::int4) as held`,
        [`justscale node ${schema}`, node],
      )
      if (row?.held) return
      await this.#pause(RECONNECT)
    }
  }

  /** Rejects when the connection is lost. */
  async #beat(lane: SqlLane): Promise<BeatingEnd> {
    const { schema, node, lease } = this.#options
    while (!this.#stopped) {
      const sent = this.#main.now()
      if (this.#isStuck()) return 'stuck'
      const [row] = await lane.query(
        `update ${schema}.node set lease_until = clock_timestamp() + $2::int4 * interval '1 millisecond'
         where id = $1::int4 returning id`,
        [node, lease],
      )
      if (row) this.#renewed(sent)
      else if (this.#times.renewed > 0) return 'lost'
      await this.#pause(row ? between(lease) : RECONNECT)
    }
    return 'stopped'
  }

  #renewed(sent: number): void {
    const now = this.#clock.now()
    if (now - this.#answered > longestGap(this.#options.lease)) this.#times.unbroken = this.#main.now()
    this.#answered = now
    this.#times.renewed = sent
  }

  #isStuck(): boolean {
    return this.#main.silence() >= this.#options.stuck
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#clock.schedule(milliseconds, resolve))
  }
}

/** The main thread as the heartbeat sees it. */
class MainThread {
  readonly #times: SharedTimes
  readonly #clock: Clock
  readonly #lease: number
  /** What its clock is ahead of this thread's: never more than that, and closer with each turn that it tells of. */
  #ahead = Number.NEGATIVE_INFINITY
  #alive = 0
  #looked: number
  #silence = 0

  constructor(times: SharedTimes, clock: Clock, lease: number) {
    this.#times = times
    this.#clock = clock
    this.#lease = lease
    this.#looked = clock.now()
  }

  /** The time of its clock, or a little before. */
  now(): number {
    const now = this.#clock.now()
    this.#ahead = Math.max(this.#ahead, this.#times.alive - now)
    return now + this.#ahead
  }

  /** How long it has had no turn, in milliseconds. Time in which this thread had none either, frozen with it, does not count. */
  silence(): number {
    const now = this.#clock.now()
    const elapsed = Math.min(now - this.#looked, this.#lease)
    const { alive } = this.#times
    this.#silence = alive === this.#alive ? this.#silence + elapsed : 0
    this.#alive = alive
    this.#looked = now
    return this.#silence
  }
}
