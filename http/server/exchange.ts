/** One request as the server keeps track of it, from its arrival until its answer leaves. What few handlers ask for is made late. */
import type { Logger } from '@justscale/core'
import { requestIdFrom } from '@justscale/core/cell'
import { HttpError } from '../errors.ts'
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
  readonly logger: Logger
}

export class Exchange implements RequestFacts {
  readonly request: Request
  readonly peer: Peer
  readonly requestId: string
  readonly started = performance.now()
  readonly common: CommonHeaders
  counter: RouteCounter
  params: Readonly<Record<string, string>> = noParams
  /** Milliseconds until 504, or 408 while the body is on its way; 0 for none. */
  deadline = 0
  receiving = false
  /** Answered by a page of the framework: balancers ask every second, and pages of documentation bring their parts. */
  ownPage = false
  /** The answer that carries the common headers already. */
  dressed: Response | undefined = undefined
  /** Bytes or characters of an answer that is in memory; `undefined` for streams, files and foreign responses. */
  size: number | undefined = undefined
  readonly #addressOf: AddressOf
  readonly #logger: Logger
  #controller: AbortController | undefined
  #joined: AbortSignal | undefined
  #open = false
  #waits = false
  #aborted: { readonly reason: unknown } | undefined

  constructor(request: Request, peer: Peer, { addressOf, common, unrouted, logger }: ExchangeTools) {
    this.request = request
    this.peer = peer
    this.requestId = requestIdFrom(request.headers)
    this.common = common
    this.counter = unrouted
    this.#addressOf = addressOf
    this.#logger = logger
  }

  get clientAddress(): string {
    return this.#addressOf(this.request, this.peer.address)
  }

  keepOpen(): void {
    this.#open = true
    this.peer.timeout(0)
  }

  brokeOff(error: unknown): void {
    const { request, counter, requestId } = this
    this.#logger.error(`${request.method} ${counter.route} broke off`, { error, requestId })
  }

  /**
   * The runtime ends a connection after its patience, whether bytes flow or not. Where our own deadline is longer (or there
   * is none), that must not be before.
   */
  wait(): void {
    const { patience } = this.peer
    if (patience === 0 || (this.deadline > 0 && this.deadline < patience * 1000)) return
    this.#waits = true
    this.peer.timeout(0)
  }

  /** The answer is about to leave: gives it time according to its length. (With files the runtime counts from the last bytes taken.) */
  leave(): void {
    const { patience } = this.peer
    if (this.#open || patience === 0) return
    const length = this.size ?? 0
    if (length < BUFFERED && !this.#waits) return
    const seconds = patience + Math.ceil(length / SLOWEST)
    this.peer.timeout(seconds > LONGEST ? 0 : seconds)
  }

  /** What the deadline says when it has passed. */
  late(): HttpError {
    if (!this.receiving) return new HttpError(504, `No answer within ${this.deadline} ms`)
    return new HttpError(408, `The body was not there within ${this.deadline} ms`, { headers: { connection: 'close' } })
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

  /** Answers the reason. */
  abort<Reason>(reason: Reason): Reason {
    this.#aborted ??= { reason }
    this.#controller?.abort(reason)
    return reason
  }
}

/** Bytes that the kernel takes whether the client reads or not. */
const BUFFERED = 64 * 1024
/** Bytes per second that every client can take. */
const SLOWEST = 32 * 1024
/** Seconds that the runtime can count. */
const LONGEST = 255

const noParams: Readonly<Record<string, string>> = Object.freeze({})
