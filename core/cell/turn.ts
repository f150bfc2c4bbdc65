/** A first-come-first-served mutex with a deadline: who talks on a transaction now. */
import { UnitTimeoutError } from './errors.ts'

export class Turn {
  #taken = false
  readonly #waiting: Array<() => void> = []

  /** Takes the turn if it is free. */
  tryTake(): boolean {
    if (this.#taken) return false
    this.#taken = true
    return true
  }

  /**
   * Takes the turn once those before have given it back. Rejects with `UnitTimeoutError` after `timeout` milliseconds;
   * without one, waits as long as it takes.
   */
  take(what: () => string = () => 'The turn', timeout?: number): Promise<void> {
    if (this.tryTake()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const wake = () => {
        clearTimeout(timer)
        resolve()
      }
      const expire = (after: number) => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1)
        reject(new UnitTimeoutError(what(), after))
      }
      const timer = timeout === undefined ? undefined : setTimeout(expire, timeout, timeout)
      this.#waiting.push(wake)
    })
  }

  /** Hands the turn to whoever waits longest. Once for each that was taken. */
  giveBack(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#taken = false
  }
}
