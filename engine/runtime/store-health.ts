/**
 * Whether the store answers. While it is away everything that asks it fails, over and over: that is told once, and again when
 * it answers.
 */
import type { Clock } from '../clock/clock.ts'
import type { EngineEvent } from './event.ts'

export class StoreHealth {
  readonly #clock: Clock
  readonly #report: (event: EngineEvent) => void
  #since: number | undefined

  constructor(clock: Clock, report: (event: EngineEvent) => void) {
    this.#clock = clock
    this.#report = report
  }

  failed(error: unknown): void {
    if (this.#since !== undefined) return
    this.#since = this.#clock.now()
    this.#report({ kind: 'store', error })
  }

  answered(): void {
    if (this.#since === undefined) return
    const milliseconds = this.#clock.now() - this.#since
    this.#since = undefined
    this.#report({ kind: 'reachable', milliseconds })
  }
}

/** An error of the connection to the store, rather than of what was asked. */
export function isStoreAway(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQL_')
}
