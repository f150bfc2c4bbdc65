/**
 * Time and randomness as the engine sees them. No other engine file calls `Date.now()`, `setTimeout`, `Math.random()`
 * or `crypto`: with these two seams replaced, the whole engine runs single-threaded in simulated time.
 * `systemClock` and `systemEntropy` are the real ones; tests use `TestClock` from `engine/testing`.
 */
export interface Clock {
  /** Whole milliseconds since the epoch. Stores correct it to the database's clock before it decides a due time. */
  now(): number
  /**
   * As `now`, but it goes on evenly when the computer's clock is set, by the network or by hand (default: `now`). Nodes plan by
   * it, corrected to the store's clock.
   */
  steady?(): number
  /** Calls `wake` once, `delay` milliseconds from now or later (any length; 0 means the next macrotask). */
  schedule(delay: number, wake: () => void): Scheduled
}

/** A pending wake-up. Cancelling one that already fired does nothing. */
export interface Scheduled {
  cancel(): void
}

export interface Entropy {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array
  /** A UUID v7 for the given time in milliseconds since the epoch. */
  uuid(now: number): string
}

/** The longest delay a runtime timer takes; longer ones are chained. */
const LONGEST_TIMER = 2 ** 31 - 1

/** When this OS process began, in milliseconds since the epoch: to read it each time costs more than the time itself. */
const ORIGIN = performance.timeOrigin

export const systemClock: Clock = {
  now: () => Date.now(),
  steady: () => Math.floor(ORIGIN + performance.now()),
  schedule(delay, wake) {
    let remaining = delay
    let timer: Timer
    const arm = () => {
      const slice = Math.min(remaining, LONGEST_TIMER)
      remaining -= slice
      timer = setTimeout(() => (remaining > 0 ? arm() : wake()), slice)
    }
    arm()
    return { cancel: () => clearTimeout(timer) }
  },
}

/** The clock, with `steady` for its `now`. */
export function steadyClock(clock: Clock): Clock {
  return {
    now: () => (clock.steady === undefined ? clock.now() : clock.steady()),
    schedule: (delay, wake) => clock.schedule(delay, wake),
  }
}

export const systemEntropy: Entropy = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  uuid: (now) => Bun.randomUUIDv7('hex', now),
}
