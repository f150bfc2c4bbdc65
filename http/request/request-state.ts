/** One request on its way through a route's steps: the context they build up, made lazily where it costs. */
import { RequestResponder } from '../response/responder.ts'
import { gather } from './read-body.ts'

export interface RequestFacts {
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly requestId: string
  readonly clientAddress: () => string
}

export class RequestState {
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly requestId: string
  readonly #clientAddress: () => string
  readonly res: RequestResponder;
  [name: string]: unknown

  constructor(facts: RequestFacts) {
    this.request = facts.request
    this.params = facts.params
    this.signal = facts.signal
    this.requestId = facts.requestId
    this.#clientAddress = facts.clientAddress
    this.res = new RequestResponder(facts.request)
    for (const name in facts.params) this[name] = facts.params[name]
  }

  get url(): URL {
    return this.#replace('url', new URL(this.request.url))
  }

  get clientAddress(): string {
    return this.#replace('clientAddress', this.#clientAddress())
  }

  get query(): unknown {
    return this.#replace(
      'query',
      gather(new URL(this.request.url).searchParams as unknown as Iterable<[string, unknown]>),
    )
  }

  get headers(): unknown {
    return this.#replace('headers', this.request.headers)
  }

  get cookies(): unknown {
    return this.#replace('cookies', Object.fromEntries(new Bun.CookieMap(this.request.headers.get('cookie') ?? '')))
  }

  /** Puts a value into the context; what was there under the name is gone. */
  set(name: string, value: unknown): void {
    this.#replace(name, value)
  }

  /** What a middleware adds. */
  add(values: object): void {
    for (const [name, value] of Object.entries(values)) this.#replace(name, value)
  }

  #replace<Value>(name: string, value: Value): Value {
    Object.defineProperty(this, name, { value, enumerable: true, configurable: true, writable: true })
    return value
  }
}
