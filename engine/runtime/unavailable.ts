/**
 * Processes that this build cannot run are tried again every few seconds, until some node can run them. What is in the way is
 * told once for each definition and cause; every attempt counts in the metrics.
 */
import type { Metrics } from '../metrics/metrics.ts'
import type { EngineEvent } from './event.ts'

/** Causes remembered at most: what comes after them is told again. */
const MOST = 1_000

export class Unavailable {
  readonly #told = new Set<string>()
  readonly #metrics: Metrics
  readonly #report: (event: EngineEvent) => void

  constructor(metrics: Metrics, report: (event: EngineEvent) => void) {
    this.#metrics = metrics
    this.#report = report
  }

  add(process: string, definition: string, error: unknown): void {
    const cause = `${definition} ${String(error)}`
    if (this.#told.has(cause)) {
      this.#metrics.counters.unavailable++
      return
    }
    if (this.#told.size >= MOST) this.#told.clear()
    this.#told.add(cause)
    this.#report({ kind: 'unavailable', process, definition, error })
  }
}
