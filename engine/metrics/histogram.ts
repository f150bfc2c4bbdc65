/** A histogram with fixed bounds: how many values there were, their sum, and how many kept each bound. */

export interface HistogramSnapshot {
  readonly count: number
  readonly sum: number
  /** `[bound, values up to and with it]`, bounds ascending. */
  readonly buckets: readonly (readonly [bound: number, count: number])[]
}

/** Bounds for times, in seconds, and for numbers of things. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60] as const
export const SIZES = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000] as const

export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #count = 0
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = bounds.map(() => 0)
  }

  record(value: number): void {
    this.#count++
    this.#sum += value
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++
    if (bucket < bounds.length) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
  }

  snapshot(): HistogramSnapshot {
    let below = 0
    const buckets = this.#bounds.map((bound, index) => [bound, (below += this.#counts[index] as number)] as const)
    return { count: this.#count, sum: this.#sum, buckets }
  }
}
