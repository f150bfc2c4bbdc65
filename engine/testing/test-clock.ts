/**
 * Simulated time: nothing happens until a test advances it. Timers fire in order of their due time, and everything that
 * follows from one (promises, further timers) runs before the next. Entropy is seeded.
 */
import type { Clock, Entropy, Scheduled } from '../clock/clock.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly wake: () => void
}

/** Timers at one moment: where more fire, one of them follows from itself, and time would stand still for ever. */
const MOST_AT_ONCE = 20_000

export class TestClock implements Clock {
  #now: number
  #order = 0
  /** Timers that fired since time moved on. */
  #fired = 0
  readonly #timers = new Set<Timer>()

  /** Begins at `start` (milliseconds, a date or ISO text; default 2026-01-01T00:00Z). */
  constructor(start: number | Date | string = '2026-01-01T00:00:00Z') {
    this.#now = typeof start === 'number' ? start : new Date(start).getTime()
  }

  now(): number {
    return this.#now
  }

  schedule(delay: number, wake: () => void): Scheduled {
    const timer: Timer = { at: this.#now + Math.max(0, delay), order: this.#order++, wake }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  /** Moves time on by a duration (milliseconds or anything `Temporal.Duration.from` takes), firing what falls due on the way. */
  async advance(duration: number | Temporal.DurationLike | string): Promise<void> {
    await this.advanceTo(typeof duration === 'number' ? this.#now + duration : later(this.#now, duration))
  }

  async advanceTo(time: number | Date | string): Promise<void> {
    const end = typeof time === 'number' ? time : new Date(time).getTime()
    if (Number.isNaN(end)) throw new TypeError(`TestClock cannot advance to ${String(time)}`)
    await this.settle()
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#moveTo(timer.at)
      this.#fire(timer)
      await this.settle()
    }
    this.#moveTo(end)
    await this.settle()
  }

  /** Lets everything run that is ready now, without moving time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      for (let due = this.#next(this.#now); due !== undefined; due = this.#next(this.#now)) this.#fire(due)
    }
  }

  #moveTo(time: number): void {
    if (time <= this.#now) return
    this.#now = time
    this.#fired = 0
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer)
    if (++this.#fired > MOST_AT_ONCE) throw new Error(restless(this.#now))
    timer.wake()
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (
        timer.at <= end &&
        (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order))
      )
        next = timer
    }
    return next
  }
}

function restless(now: number): string {
  return `${MOST_AT_ONCE} timers fired at ${new Date(now).toISOString()} and there are more: something schedules itself without a delay`
}

function later(from: number, duration: Temporal.DurationLike | string): number {
  return Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO('UTC').add(duration).epochMilliseconds
}

/** Deterministic entropy: the same sequence for the same seed. */
export function seededEntropy(seed = 1): Entropy {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const bytes = (length: number) => Uint8Array.from({ length }, () => next() & 0xff)
  return {
    bytes,
    uuid(now) {
      const random = Buffer.from(bytes(10)).toString('hex')
      const time = Math.floor(now).toString(16).padStart(12, '0')
      const variant = ((Number.parseInt(random[3] as string, 16) & 3) | 8).toString(16)
      return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`
    },
  }
}
