/**
 * Deadlines of requests. Those of one length pass in the order in which they began, so one timer at the oldest does for all of
 * them: a timer and a race per request would cost more than a small request.
 */
interface Pending {
  readonly at: number
  readonly expire: () => void
  previous: Pending | undefined
  next: Pending | undefined
}

export interface Limit<Result> {
  /** 0 for none. */
  readonly milliseconds: number
  /** Called when the time is over; what it gives is what `fail` is told. */
  readonly expire: () => unknown
  readonly fail: (error: unknown) => Result
  /** Called with what comes after the time was over, and goes nowhere. */
  readonly drop?: (result: Result) => void
}

export class Deadlines {
  readonly #queues = new Map<number, DeadlineQueue>()

  /** What `work` gives, or when that fails or takes too long what `fail` makes of it. The work itself goes on. */
  limit<Result>(work: Promise<Result>, limit: Limit<Result>): Promise<Result> {
    const { milliseconds, fail } = limit
    if (milliseconds <= 0) return work.catch(fail)
    let queue = this.#queues.get(milliseconds)
    if (queue === undefined) this.#queues.set(milliseconds, (queue = new DeadlineQueue(milliseconds)))
    return queue.limit(work, limit)
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

  limit<Result>(work: Promise<Result>, { expire, fail, drop }: Limit<Result>): Promise<Result> {
    return new Promise((resolve) => {
      const pending = this.#add(() => resolve(fail(expire())))
      work.then(
        (result) => {
          if (this.#remove(pending)) resolve(result)
          else drop?.(result)
        },
        (error: unknown) => {
          if (this.#remove(pending)) resolve(fail(error))
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

  /** False when it has been removed before. */
  #remove(pending: Pending): boolean {
    const { previous, next } = pending
    if (previous === undefined && this.#oldest !== pending) return false
    if (previous === undefined) this.#oldest = next
    else previous.next = next
    if (next === undefined) this.#newest = previous
    else next.previous = previous
    pending.previous = pending.next = undefined
    return true
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
      late.expire()
    }
    if (this.#oldest !== undefined) this.#arm(Math.max(1, this.#oldest.at - now))
  }
}
