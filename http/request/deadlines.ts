/**
 * Deadlines of requests. Those of one length pass in the order in which they began, so one timer at the oldest does for all of
 * them: a timer and a race per request would cost more than a small request.
 */
import { HttpError } from '../errors.ts'

interface Pending {
  readonly at: number
  readonly expire: (reason: HttpError) => void
  previous: Pending | undefined
  next: Pending | undefined
}

export class Deadlines {
  readonly #queues = new Map<number, DeadlineQueue>()

  /**
   * What `work` gives; rejects with 504 when that takes longer, after `expire` was told. The work itself goes on. No deadline
   * with 0 milliseconds.
   */
  limit<Result>(milliseconds: number, work: Promise<Result>, expire: (reason: HttpError) => void): Promise<Result> {
    if (milliseconds <= 0) return work
    let queue = this.#queues.get(milliseconds)
    if (queue === undefined) this.#queues.set(milliseconds, (queue = new DeadlineQueue(milliseconds)))
    return queue.limit(work, expire)
  }
}

class DeadlineQueue {
  readonly #milliseconds: number
  #oldest: Pending | undefined
  #newest: Pending | undefined
  #armed = false

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds
  }

  limit<Result>(work: Promise<Result>, expire: (reason: HttpError) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      const pending = this.#add((reason) => {
        expire(reason)
        reject(reason)
      })
      work.then(
        (result) => {
          this.#remove(pending)
          resolve(result)
        },
        (error: unknown) => {
          this.#remove(pending)
          reject(error)
        },
      )
    })
  }

  #add(expire: Pending['expire']): Pending {
    const at = performance.now() + this.#milliseconds
    const pending: Pending = { at, expire, previous: this.#newest, next: undefined }
    if (this.#newest === undefined) this.#oldest = pending
    else this.#newest.next = pending
    this.#newest = pending
    if (!this.#armed) this.#arm(this.#milliseconds)
    return pending
  }

  #remove(pending: Pending): void {
    const { previous, next } = pending
    if (previous === undefined && this.#oldest !== pending) return
    if (previous === undefined) this.#oldest = next
    else previous.next = next
    if (next === undefined) this.#newest = previous
    else next.previous = previous
    pending.previous = pending.next = undefined
  }

  #arm(milliseconds: number): void {
    this.#armed = true
    setTimeout(() => this.#passed(), milliseconds).unref()
  }

  #passed(): void {
    this.#armed = false
    const now = performance.now()
    while (this.#oldest !== undefined && this.#oldest.at <= now) {
      const late = this.#oldest
      this.#remove(late)
      late.expire(new HttpError(504, `No answer within ${this.#milliseconds} ms`))
    }
    if (this.#oldest !== undefined) this.#arm(Math.max(1, this.#oldest.at - now))
  }
}
