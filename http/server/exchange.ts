/** One request as the server keeps track of it, from its arrival until its answer leaves. What few handlers ask for is made late. */
import { requestIdFrom } from '@justscale/core/cell'
import type { RequestFacts } from '../request/request-state.ts'
import type { CommonHeaders } from '../response/common-headers.ts'
import type { AddressOf } from './client-address.ts'
import type { RouteCounter } from './metrics.ts'
import type { Peer } from './peer.ts'

export interface ExchangeTools {
  readonly addressOf: AddressOf
  readonly common: CommonHeaders
  /** Counts what no route answers. */
  readonly unrouted: RouteCounter
}

export class Exchange implements RequestFacts {
  readonly request: Request
  readonly peer: Peer
  readonly requestId: string
  readonly started = performance.now()
  readonly common: CommonHeaders
  counter: RouteCounter
  params: Readonly<Record<string, string>> = noParams
  /** Milliseconds from now until 504; 0 for none. */
  deadline = 0
  /** The answer that carries the common headers already. */
  dressed: Response | undefined = undefined
  /** Bytes or characters of an answer that is in memory; `undefined` for streams, files and foreign responses. */
  size: number | undefined = undefined
  readonly #addressOf: AddressOf
  #controller: AbortController | undefined
  #joined: AbortSignal | undefined
  #aborted: { readonly reason: unknown } | undefined

  constructor(request: Request, peer: Peer, { addressOf, common, unrouted }: ExchangeTools) {
    this.request = request
    this.peer = peer
    this.requestId = requestIdFrom(request.headers)
    this.common = common
    this.counter = unrouted
    this.#addressOf = addressOf
  }

  get clientAddress(): string {
    return this.#addressOf(this.request, this.peer.address)
  }

  keepOpen(): void {
    this.peer.keepOpen()
  }

  /** Aborts when the client is gone, or `abort` is called; is aborted if either was before. */
  get signal(): AbortSignal {
    if (this.#joined !== undefined) return this.#joined
    if (this.#controller !== undefined) return this.#controller.signal
    const controller = new AbortController()
    this.#controller = controller
    const { signal } = this.request
    if (this.#aborted !== undefined) controller.abort(this.#aborted.reason)
    else if (signal.aborted) controller.abort(signal.reason)
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
    return controller.signal
  }

  /** The signal aborts also when this one does. Joining signals costs more than the rest of a small request: for streams. */
  endWith(other: AbortSignal): void {
    this.#joined = AbortSignal.any([this.signal, other])
  }

  abort(reason: unknown): void {
    this.#aborted ??= { reason }
    this.#controller?.abort(reason)
  }
}

const noParams: Readonly<Record<string, string>> = Object.freeze({})
