/** A first-come-first-served mutex with a deadline: who talks on a transaction now. */
import { UnitTimeoutError } from './errors.ts'

export class Turn {
  #taken = false
  readonly #waiting: Array<() => void> = []

  /**
   * Resolves with the function that gives the turn back. Rejects with `UnitTimeoutError` after `timeout` milliseconds;
   * without one, waits as long as it takes.
   */
  take(what: () => string = () => 'The turn', timeout?: number): Promise<() => void> | (() => void) {
    if (!this.#taken) {
      this.#taken = true
      return this.#release()
    }
    return new Promise((resolve, reject) => {
      const wake = () => {
        clearTimeout(timer)
        resolve(this.#release())
      }
      const expire = (after: number) => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1)
        reject(new UnitTimeoutError(what(), after))
      }
      const timer = timeout === undefined ? undefined : setTimeout(expire, timeout, timeout)
      this.#waiting.push(wake)
    })
  }

  #release(): () => void {
    let released = false
    return () => {
      if (released) return
      released = true
      const next = this.#waiting.shift()
      if (next) next()
      else this.#taken = false
    }
  }
}
