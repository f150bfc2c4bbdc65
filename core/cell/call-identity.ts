/**
 * Who asked for the work of a cell, as the call's headers say: the request id and the trace. Log lines written in the cell
 * carry both, and clients that are called from there send them on. Headers are read only when something asks.
 */

const acceptable = /^[\w.:-]{1,128}$/
const traceParent = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/

export class CallIdentity {
  readonly #headers: () => Headers
  #requestId: string | undefined

  /** `requestId` when the transport knows it already; else it is the caller's `x-request-id`, or a new one. */
  constructor(headers: () => Headers, requestId?: string) {
    this.#headers = headers
    this.#requestId = requestId
  }

  get requestId(): string {
    return (this.#requestId ??= requestIdFrom(this.#headers()))
  }

  /** The trace that the caller's `traceparent` names. */
  get trace(): string | undefined {
    return traceParent.exec(this.#headers().get('traceparent') ?? '')?.[1]
  }

  /** What to send on under this name: the request id as `x-request-id`, other headers as they came. */
  header(name: string): string | undefined {
    return name === 'x-request-id' ? this.requestId : (this.#headers().get(name) ?? undefined)
  }
}

/** The caller's `x-request-id` if it is up to 128 plain characters, else a new random one. */
export function requestIdFrom(headers: Headers): string {
  const given = headers.get('x-request-id')
  return given !== null && acceptable.test(given) ? given : crypto.randomUUID()
}
