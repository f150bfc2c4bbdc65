/** One request on its way through a route's steps: the context they build up, made lazily where it costs. */
import type { CommonHeaders } from '../response/common-headers.ts'
import { RequestResponder } from '../response/responder.ts'
import type { BodyType } from '../route/route.ts'
import type { Awaitable } from './after.ts'
import { gather } from './gather.ts'
import { plainQuery } from './plain-query.ts'
import { readBody } from './read-body.ts'
import { urlOf } from './request-path.ts'

/** What the server knows of a request, and what it wants to know of its answer. */
export interface RequestFacts {
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  /** Made when it is asked for, as `clientAddress` is. */
  readonly signal: AbortSignal
  readonly requestId: string
  readonly clientAddress: string
  readonly common: CommonHeaders
  /** The answer that carries the common headers already. */
  dressed: Response | undefined
  /** Bytes or characters of an answer that is in memory; `undefined` for streams, files and foreign responses. */
  size: number | undefined
  /** True while the body is on its way. */
  receiving: boolean
  /** Lets a stream take as long, and be quiet for as long, as it likes. */
  keepOpen(): void
  /** Logs what failed after the answer had left. */
  brokeOff(error: unknown): void
}

export class RequestState {
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  readonly requestId: string
  readonly res: RequestResponder;
  [name: string]: unknown
  readonly #facts: RequestFacts
  #url: URL | undefined
  #query: unknown
  #cookies: unknown

  constructor(facts: RequestFacts) {
    this.request = facts.request
    this.params = facts.params
    this.requestId = facts.requestId
    this.#facts = facts
    this.res = new RequestResponder(facts.request)
    for (const name in facts.params) this[name] = facts.params[name]
  }

  get signal(): AbortSignal {
    return this.#facts.signal
  }

  get clientAddress(): string {
    return this.#facts.clientAddress
  }

  get url(): URL {
    return (this.#url ??= urlOf(this.request))
  }

  get query(): unknown {
    return (this.#query ??= plainQuery(this.request.url))
  }

  get headers(): unknown {
    return this.request.headers
  }

  get cookies(): unknown {
    return (this.#cookies ??= gather(new Bun.CookieMap(this.request.headers.get('cookie') ?? '')))
  }

  // What follows is not the context's own: parameters and middleware may use every name.

  /** Reads the body. A deadline that passes before `received` is called is the client's fault. */
  static readBody(state: RequestState, type: BodyType, limit: number): Awaitable<unknown> {
    state.#facts.receiving = true
    return readBody(state.request, type, limit)
  }

  static received(state: RequestState): void {
    state.#facts.receiving = false
  }

  /** Puts a value into the context; what was there under the name is gone. */
  static set(state: RequestState, name: string, value: unknown): void {
    if (made.has(name))
      Object.defineProperty(state, name, { value, enumerable: true, configurable: true, writable: true })
    else state[name] = value
  }

  /** What a middleware adds. */
  static add(state: RequestState, values: object): void {
    for (const [name, value] of Object.entries(values)) RequestState.set(state, name, value)
  }
}

/** Names that stand for a getter, which an own property has to cover. */
const made: ReadonlySet<string> = new Set([
  'signal',
  'clientAddress',
  'url',
  'query',
  'headers',
  'cookies',
  '__proto__',
])
