/** Waits that end when a signal aborts, one after the other: with one listener for all of them. */
export class UntilAborted {
  readonly #signal: AbortSignal
  #reject: ((reason: unknown) => void) | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#abort)
  }

  /** Settles as `work` does, or rejects with the signal's reason when it aborts first. */
  wait<Result>(work: Promise<Result>): Promise<Result> {
    if (this.#signal.aborted) {
      work.catch(() => {})
      return Promise.reject(this.#signal.reason)
    }
    return new Promise((resolve, reject) => {
      this.#reject = reject
      work.then(resolve, reject)
    })
  }

  /** Takes the listener off. */
  release(): void {
    this.#signal.removeEventListener('abort', this.#abort)
  }

  readonly #abort = (): void => this.#reject?.(this.#signal.reason)
}
