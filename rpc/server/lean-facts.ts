/** What a call on a lean path knows of its transport; parts are made only when a handler asks for them. */
import { Code, ConnectError } from '@connectrpc/connect'
import type { CallFacts } from './invoke.ts'
import { tooSlow } from './one-message.ts'

/** Longer delays do not fit a timer. */
const longestTimer = 2_147_483_647

export class LeanFacts implements CallFacts {
  readonly protocolName: 'connect' | 'grpc'
  readonly #controller = new AbortController()
  readonly #received: () => Headers
  readonly #deadline: number | undefined
  readonly #timer: ReturnType<typeof setTimeout> | undefined
  #requestHeader: Headers | undefined
  #responseHeader: Headers | undefined
  #responseTrailer: Headers | undefined
  #interrupt: ((reason: unknown) => void) | undefined
  #ended = false

  constructor(protocol: 'connect' | 'grpc', received: () => Headers, timeoutMs: number | undefined) {
    this.protocolName = protocol
    this.#received = received
    if (timeoutMs === undefined) return
    this.#deadline = performance.now() + timeoutMs
    const over = () => this.abort(new ConnectError('the deadline is over', Code.DeadlineExceeded))
    if (timeoutMs < 1) over()
    else this.#timer = setTimeout(over, Math.min(timeoutMs, longestTimer))
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get requestHeader(): Headers {
    return (this.#requestHeader ??= this.#received())
  }

  get responseHeader(): Headers {
    return (this.#responseHeader ??= new Headers())
  }

  get responseTrailer(): Headers {
    return (this.#responseTrailer ??= new Headers())
  }

  /** Undefined when no handler touched them. */
  get setHeader(): Headers | undefined {
    return this.#responseHeader
  }

  get setTrailer(): Headers | undefined {
    return this.#responseTrailer
  }

  readonly timeoutMs = (): number | undefined =>
    this.#deadline === undefined ? undefined : Math.max(0, this.#deadline - performance.now())

  /** The caller left before its answer came. */
  cancel(): void {
    this.abort(new ConnectError('the caller cancelled', Code.Canceled))
  }

  abort(reason: unknown): void {
    if (this.#ended) return
    this.#interrupt?.(reason)
    this.#controller.abort(reason)
  }

  /** The message, or a rejection when the call is aborted before it has come, or `withinMs` is over. */
  async received<Message>(arriving: Promise<Message>, withinMs: number): Promise<Message> {
    const { promise, resolve, reject } = Promise.withResolvers<Message>()
    this.#interrupt = reject
    const timer = setTimeout(() => reject(tooSlow()), withinMs)
    arriving.then(resolve, reject)
    try {
      this.signal.throwIfAborted()
      return await promise
    } finally {
      this.#interrupt = undefined
      clearTimeout(timer)
    }
  }

  /** The call is over: also for what the handler left running. */
  end(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.abort(new ConnectError('the call is over', Code.Canceled))
    this.#ended = true
  }
}
