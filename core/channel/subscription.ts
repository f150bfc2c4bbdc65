/** One reader of a channel: a bounded queue that is read with `for await`. */
import { ChannelOverflowError } from './errors.ts'

export interface SubscribeOptions {
  /** Ends the subscription when aborted. Default: the signal of the cell that subscribes. */
  readonly signal?: AbortSignal
}

/** The messages of one subscriber, for one `for await` loop. Fails with `ChannelOverflowError` when it reads too slowly. */
export interface ChannelSubscription<Message> extends AsyncIterableIterator<Message>, Disposable {
  /** Resolves once messages published from now on will arrive, on whatever node. */
  readonly ready: Promise<void>
  /** How often messages may have been missed: a lost connection, or messages dropped from the full queue. */
  readonly gaps: number
  /** Ends the loop that reads it. */
  close(): void
}

interface QueueOptions {
  readonly topic: string
  readonly size: number
  readonly overflow: 'end' | 'drop-oldest' | 'drop-newest'
  readonly ready: Promise<void>
  readonly onEnd: (subscription: QueuedSubscription) => void
}

type Next = IteratorResult<unknown, undefined>

export class QueuedSubscription implements ChannelSubscription<unknown> {
  readonly ready: Promise<void>
  gaps = 0
  readonly #options: QueueOptions
  readonly #queue: unknown[] = []
  readonly #readers: { resolve(next: Next): void; reject(reason: unknown): void }[] = []
  readonly #over = new AbortController()
  #ended = false
  #failure: { readonly error: unknown } | undefined

  constructor(options: QueueOptions) {
    this.#options = options
    this.ready = options.ready
  }

  /** Aborted when the subscription has ended: whoever listens for it lets go. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  push(message: unknown): void {
    if (this.#ended) return
    const reader = this.#readers.shift()
    if (reader !== undefined) return reader.resolve({ done: false, value: message })
    const { size, overflow, topic } = this.#options
    if (this.#queue.length >= size) {
      if (overflow === 'end') return this.fail(new ChannelOverflowError(topic, size))
      this.gaps += 1
      if (overflow === 'drop-newest') return
      this.#queue.shift()
    }
    this.#queue.push(message)
  }

  missed(): void {
    this.gaps += 1
  }

  /** Ends the subscription; what is queued can still be read, then the reader gets the error. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.end()
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#over.abort()
    for (const reader of this.#readers.splice(0)) {
      if (this.#failure === undefined) reader.resolve({ done: true, value: undefined })
      else reader.reject(this.#failure.error)
    }
    this.#options.onEnd(this)
  }

  close(): void {
    this.#queue.length = 0
    this.end()
  }

  async next(): Promise<Next> {
    if (this.#queue.length > 0) return { done: false, value: this.#queue.shift() }
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#ended) return { done: true, value: undefined }
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }))
  }

  async return(): Promise<Next> {
    this.close()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}
