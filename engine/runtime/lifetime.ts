/** Begins and ends something, one after the other, whenever it is asked to: in the middle of the other, or twice. */
export class Lifetime {
  #current: { over: boolean; ready: Promise<void> } | undefined
  #ended: Promise<unknown> = Promise.resolve()

  /** Resolves when it has begun, or was ended before that; `isOver` tells `begin` of the latter. Where `begin` rejects it can be begun again. */
  start(begin: (isOver: () => boolean) => Promise<void>): Promise<void> {
    if (this.#current !== undefined) return this.#current.ready
    const mine = { over: false, ready: Promise.resolve() }
    this.#current = mine
    mine.ready = this.#ended
      .then(async () => {
        if (!mine.over) await begin(() => mine.over)
      })
      .catch((error: unknown) => {
        if (this.#current === mine) this.#current = undefined
        throw error
      })
    return mine.ready
  }

  /** Resolves when it has ended: `end` is called at once, and what was beginning comes to its end too. */
  async end(end: () => Promise<void>): Promise<void> {
    const mine = this.#current
    this.#current = undefined
    if (mine !== undefined) mine.over = true
    const ended = Promise.all([end(), mine?.ready.catch(() => {}), this.#ended])
    this.#ended = ended.catch(() => {})
    await ended
  }
}
