/**
 * When to ask whether an inbox is full. A signal's keys are asked about once a second at most, so that emitting costs the
 * same as without a limit; an inbox can grow over its limit by what is emitted in a second.
 */
import type { Clock } from '../clock/clock.ts'
import type { SignalEmission } from '../store/records.ts'

/** Milliseconds that an answer holds, and how many answers are kept. */
const HOLDS = 1_000
const KEPT = 10_000

export class Rooms {
  readonly #clock: Clock
  readonly #limit: number
  readonly #asked = new Map<string, number>()

  /** `limit`: signals in an inbox at most. */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock
    this.#limit = limit
  }

  /** The emission with its limit when it is time to ask, else as it is. */
  limited(emission: SignalEmission): SignalEmission {
    const asked = this.#asked.get(keyOf(emission))
    return asked !== undefined && this.#clock.now() - asked < HOLDS ? emission : { ...emission, limit: this.#limit }
  }

  /** It was asked about, and there was room. */
  passed(emission: SignalEmission): void {
    if (emission.limit === undefined) return
    if (this.#asked.size >= KEPT) this.#asked.clear()
    this.#asked.set(keyOf(emission), this.#clock.now())
  }
}

/** The key of all its parameters. */
function keyOf({ keys }: SignalEmission): string {
  return keys.at(-1) ?? ''
}
