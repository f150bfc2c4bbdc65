/** One holder at a time, in order of asking. */
export class Mutex {
  #held = false
  readonly #waiting: (() => void)[] = []

  /** Takes the turn if nobody has it. */
  take(): boolean {
    if (this.#held) return false
    this.#held = true
    return true
  }

  /** Resolves when the turn is this caller's. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      if (this.take()) resolve()
      else this.#waiting.push(resolve)
    })
  }

  /** Only for who has the turn. */
  giveBack(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#held = false
    else next()
  }

  /** Resolves, when it is this caller's turn, with the function that gives the turn back, once. */
  async acquire(): Promise<() => void> {
    await this.wait()
    let mine = true
    return () => {
      if (mine) this.giveBack()
      mine = false
    }
  }

  async run<Result>(body: () => Promise<Result>): Promise<Result> {
    await this.wait()
    try {
      return await body()
    } finally {
      this.giveBack()
    }
  }
}
