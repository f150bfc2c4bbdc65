/** What has been begun and not ended: stopping waits for it. */
export class Work {
  #running = 0
  #waiting: (() => void)[] = []

  get running(): number {
    return this.#running
  }

  begin(): void {
    this.#running += 1
  }

  end(): void {
    this.#running -= 1
    if (this.#running > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves once nothing is running. */
  idle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))
  }
}
