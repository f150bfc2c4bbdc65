/** One holder at a time, in order of asking. */
export class Mutex {
  #tail: Promise<void> = Promise.resolve()

  /** Resolves, when it is this caller's turn, with the function that gives the turn back. */
  async acquire(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = this.#tail
    this.#tail = promise
    await before
    return resolve
  }

  async run<Result>(body: () => Promise<Result>): Promise<Result> {
    const release = await this.acquire()
    try {
      return await body()
    } finally {
      release()
    }
  }
}
