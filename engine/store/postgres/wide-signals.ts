/** Signals that reached several processes: the short way, which is for one, would be a round trip for nothing. */
import type { SignalEmission } from '../records.ts'

/** Signals that a node remembers at most: the oldest are forgotten first. */
const MOST = 1_000

export class WideSignals {
  readonly #keys = new Set<string>()

  has([one]: readonly SignalEmission[]): boolean {
    return one !== undefined && this.#keys.has(nameOf(one))
  }

  /** `reached`: how many processes the first of them reached, when it was emitted alone. */
  learn([one, more]: readonly SignalEmission[], reached: number): void {
    if (one === undefined || more !== undefined) return
    const name = nameOf(one)
    this.#keys.delete(name)
    if (reached < 2) return
    this.#keys.add(name)
    for (const oldest of this.#keys) {
      if (this.#keys.size <= MOST) return
      this.#keys.delete(oldest)
    }
  }
}

function nameOf({ keys }: SignalEmission): string {
  return keys.join('\0')
}
