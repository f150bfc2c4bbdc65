/**
 * Places of a node: how many processes it has in memory, in all and by definition, and which a claim may add. A definition
 * without a limit of its own gets three quarters of them at most, and when one fills whole claims the next claim looks past
 * it, so that what is hot does not keep others waiting.
 */

/** Milliseconds between two claims that look past hot definitions: the store may have to read over all that is waiting. */
const FAIR = 200

export class Places {
  readonly #total: number
  readonly #limitOf: (definition: string) => number | undefined
  readonly #taken = new Map<string, number>()
  #all = 0
  /** Definitions that made up most of the last claim, which was full. */
  #hot: readonly string[] = []
  #looked = Number.NEGATIVE_INFINITY
  #passedOver = false

  /** `limitOf`: most processes of a definition at once on this node. */
  constructor(total: number, limitOf: (definition: string) => number | undefined) {
    this.#total = total
    this.#limitOf = limitOf
  }

  get free(): number {
    return this.#total - this.#all
  }

  /** Whether one more of this definition may come. */
  hasPlace(definition: string): boolean {
    return this.free > 0 && this.#freeOf(definition) > 0
  }

  take(definition: string): void {
    this.#all++
    this.#taken.set(definition, (this.#taken.get(definition) ?? 0) + 1)
  }

  giveBack(definition: string): void {
    const left = (this.#taken.get(definition) ?? 0) - 1
    this.#all--
    if (left > 0) this.#taken.set(definition, left)
    else this.#taken.delete(definition)
  }

  clear(): void {
    this.#taken.clear()
    this.#all = 0
  }

  /**
   * How many processes of which definitions a claim of `asked` may bring at most; none are named that could not exceed
   * theirs. `limited` are definitions with a limit of their own.
   */
  limits(asked: number, limited: Iterable<string>): Map<string, number> {
    const limits = new Map<string, number>()
    for (const definition of new Set([...limited, ...this.#taken.keys()])) {
      const free = this.#freeOf(definition)
      if (free < asked) limits.set(definition, free)
    }
    return limits
  }

  /** The same, and now and then nothing of what filled the last claim. `now` in milliseconds. */
  fairLimits(asked: number, limited: Iterable<string>, now: number): ReadonlyMap<string, number> {
    const limits = this.limits(asked, limited)
    this.#passedOver = false
    if (this.#hot.length > 0 && now - this.#looked >= FAIR) {
      for (const definition of this.#hot) limits.set(definition, 0)
      this.#hot = []
      this.#looked = now
      this.#passedOver = true
    }
    return limits
  }

  /** The last claim looked past definitions that have places: there may be more of them. */
  get passedOver(): boolean {
    return this.#passedOver
  }

  /** A claim of `asked` brought processes of these definitions, one entry each. */
  claimed(asked: number, definitions: readonly string[]): void {
    if (definitions.length < asked) {
      this.#hot = []
      return
    }
    const counts = new Map<string, number>()
    for (const definition of definitions) counts.set(definition, (counts.get(definition) ?? 0) + 1)
    this.#hot = [...counts].filter(([, count]) => count * 2 > asked).map(([definition]) => definition)
  }

  #freeOf(definition: string): number {
    const share = Math.max(1, Math.ceil((this.#total * 3) / 4))
    const limit = Math.min(this.#limitOf(definition) ?? share, this.#total)
    return Math.max(0, limit - (this.#taken.get(definition) ?? 0))
  }
}
