/**
 * Calls of one store verb that come at the same time go out as one: what is asked for while a call is in flight goes out
 * together as the next. A batch that was refused is tried again one by one, so that each caller gets its own error.
 */

/** Requests per call at most. */
const MOST = 200

interface Waiting<Request, Answer> {
  readonly request: Request
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

export class Batch<Request, Answer> {
  readonly #send: (requests: readonly Request[]) => Promise<readonly Answer[]>
  #waiting: Waiting<Request, Answer>[] = []
  #sending = false

  constructor(send: (requests: readonly Request[]) => Promise<readonly Answer[]>) {
    this.#send = send
  }

  ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject })
      if (this.#sending) return
      this.#sending = true
      queueMicrotask(() => void this.#flush())
    })
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST)
      await this.#call(batch).catch((error: unknown) => this.#failed(batch, error))
    }
    this.#sending = false
  }

  async #call(batch: readonly Waiting<Request, Answer>[]): Promise<void> {
    const answers = await this.#send(batch.map(({ request }) => request))
    for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer)
  }

  /** Where it is not known whether it happened, nothing is tried again: a signal must not arrive twice. */
  async #failed(batch: readonly Waiting<Request, Answer>[], error: unknown): Promise<void> {
    const lost = error instanceof Error && 'code' in error && error.code === 'SQL_CONNECTION'
    if (!lost && batch.length > 1) return this.#oneByOne(batch)
    for (const { reject } of batch) reject(error)
  }

  async #oneByOne(batch: readonly Waiting<Request, Answer>[]): Promise<void> {
    for (const waiting of batch) await this.#call([waiting]).catch(waiting.reject)
  }
}
