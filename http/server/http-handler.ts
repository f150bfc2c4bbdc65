/**
 * The app as a function from request to response: finds the route, answers in the route's app, and puts on every answer what
 * is common to all. Works the same with a socket and without one. Answers at once, without a promise, where the route does.
 */
import type { Application, FetchHandler, Logger } from '@justscale/core'
import { runInApp } from '@justscale/core'
import { HttpError } from '../errors.ts'
import type { Awaitable } from '../request/after.ts'
import { answer, handled } from '../request/answer.ts'
import { Deadlines } from '../request/deadlines.ts'
import { hasBadHost, pathOf, routingPath } from '../request/request-path.ts'
import { CommonHeaders } from '../response/common-headers.ts'
import { problemOf, problemResponse } from '../response/problem.ts'
import { mutable } from '../response/to-response.ts'
import { openEvents, type StreamParts } from '../sse/stream-events.ts'
import { openSocket } from '../websocket/open-socket.ts'
import { clientAddress } from './client-address.ts'
import { withCommonMiddleware, type Respond } from './common-middleware.ts'
import { Exchange, type ExchangeTools } from './exchange.ts'
import { Metrics, type RouteCounter } from './metrics.ts'
import type { MountedRoute } from './mounted-route.ts'
import type { HttpOptions } from './options.ts'
import { noPeer, type Peer } from './peer.ts'
import { chooseRoute, groupRoutes, wildcardNamed, type RouteGroup } from './route-group.ts'
import { Router } from './router.ts'
import { staticFile } from './static-file.ts'
import { Work } from './work.ts'

/** A path that the server answers itself. */
export interface ServerPage {
  readonly path: string
  readonly answer: (request: Request) => Response | Promise<Response>
}

export interface HttpHandlerParts {
  readonly app: Application<unknown>
  readonly routes: readonly MountedRoute[]
  readonly mounted: readonly FetchHandler[]
  readonly pages: readonly ServerPage[]
  readonly logger: Logger
  readonly options: HttpOptions
}

/** What answers a method and path. */
interface Target {
  readonly counter: RouteCounter
  readonly answer: Respond
}

export class HttpHandler {
  readonly metrics: Metrics = new Metrics(() => this.requests.running)
  readonly routes: readonly MountedRoute[]
  readonly requests = new Work()
  /** Handlers of streams and sockets, which may go on for a while when these have ended. */
  readonly streams = new Work()
  /** Aborts when the server stops: streams and sockets end. */
  readonly draining = new AbortController()
  /** True once the server wants its clients to go elsewhere: answers then close their connection. */
  closing = false
  readonly #parts: HttpHandlerParts
  readonly #router: Router<Target>
  readonly #respond: Respond
  readonly #tools: ExchangeTools
  readonly #deadlines = new Deadlines()

  private constructor(parts: HttpHandlerParts, common: CommonHeaders) {
    this.#parts = parts
    this.routes = parts.routes
    const addressOf = clientAddress(parts.options.trustedProxies ?? [])
    this.#tools = { addressOf, common, unrouted: this.metrics.counter('none'), logger: parts.logger }
    this.#router = this.#routed()
    this.draining.signal.addEventListener('abort', () => parts.mounted.forEach((handler) => handler.drain?.()))
    this.#respond = withCommonMiddleware(parts.options, (exchange) => this.#answerOrFail(exchange))
  }

  static async make(parts: HttpHandlerParts): Promise<HttpHandler> {
    const { secureHeaders, cors } = parts.options
    const common =
      secureHeaders === false ? CommonHeaders.none() : await CommonHeaders.secure({ sharing: cors !== undefined })
    return new HttpHandler(parts, common)
  }

  /** Answers a request; never throws or rejects. `undefined` once the connection has become a WebSocket. */
  fetch(request: Request, peer: Peer = noPeer): Awaitable<Response | undefined> {
    const exchange = new Exchange(request, peer, this.#tools)
    this.requests.begin()
    const response = this.#respond(exchange)
    if (!(response instanceof Promise)) return this.#finish(response, exchange)
    return response.then((late) => this.#finish(late, exchange))
  }

  #routed(): Router<Target> {
    const { options, pages } = this.#parts
    const router = new Router<Target>()
    const own = (path: string, respond: Respond) =>
      router.add('GET', path, { counter: this.#tools.unrouted, answer: respond })
    const page = ({ path, answer }: ServerPage) =>
      own(path, (exchange) => {
        exchange.ownPage = true
        return answer(exchange.request)
      })
    // `/:slug` of the app does not take `/healthz`; `/healthz` of the app does.
    const taken = new Set(this.routes.map(({ path }) => path))
    const first = pages.filter(({ path }) => !/[:*]/.test(path) && !taken.has(path))
    for (const each of first) page(each)
    for (const group of groupRoutes(this.routes)) {
      const [{ method, path }] = group
      router.add(method, path, {
        counter: this.metrics.counter(path),
        answer: (exchange) => this.#answerGroup(group, exchange),
      })
    }
    for (const each of pages) page(each)
    for (const [path, folder] of Object.entries(options.static ?? {}))
      own(`${path.replace(/\/+$/, '')}/*`, ({ request }) => staticFile(request, path, folder))
    return router
  }

  #answerOrFail(exchange: Exchange): Awaitable<Response> {
    try {
      const response = this.#answer(exchange)
      return response instanceof Promise ? this.#limited(response, exchange) : response
    } catch (error) {
      return this.#failure(error, exchange)
    }
  }

  #limited(response: Promise<Response>, exchange: Exchange): Promise<Response> {
    return this.#deadlines.limit(response, {
      milliseconds: exchange.deadline,
      expire: () => exchange.abort(exchange.late()),
      fail: (error) => this.#failure(error, exchange),
      // A stream would wait for ever for its reader.
      drop: (late) => void late.body?.cancel().catch(() => {}),
    })
  }

  #answer(exchange: Exchange): Awaitable<Response> {
    const { request } = exchange
    const path = checkedPath(request)
    for (const handler of this.#parts.mounted) {
      if (!handler.matches(request)) continue
      // Whether it streams, and for how long it is quiet, only the handler knows.
      exchange.keepOpen()
      return runInApp(this.#parts.app, () => handler.fetch(request))
    }
    const match = this.#router.match(request.method, path)
    if (match !== undefined) {
      exchange.params = match.params
      exchange.counter = match.target.counter
      return match.target.answer(exchange)
    }
    return request.method === 'HEAD' ? this.#head(path, exchange) : this.#unmatched(path, exchange)
  }

  /** As GET, without the body; its length is told where it is known. */
  async #head(path: string, exchange: Exchange): Promise<Response> {
    const match = this.#router.match('GET', path)
    if (match === undefined) return this.#unmatched(path, exchange)
    exchange.params = match.params
    exchange.counter = match.target.counter
    const response = await match.target.answer(exchange)
    const answered = new Response(null, response)
    if (exchange.size === undefined) await response.body?.cancel()
    else answered.headers.set('content-length', String((await response.arrayBuffer()).byteLength))
    return answered
  }

  #answerGroup(group: RouteGroup, exchange: Exchange): Awaitable<Response> {
    const route = chooseRoute(group, exchange.request)
    const { logger, options } = this.#parts
    exchange.params = wildcardNamed(route, exchange)
    exchange.deadline = route.deadline ?? (route.uploads ? 0 : (options.requestTimeout ?? 30_000))
    exchange.wait()
    if (route.kind === 'request') return answer(route, exchange, (state) => handled(route, state, exchange))
    exchange.endWith(this.draining.signal)
    const tools = { route, facts: exchange, metrics: this.metrics, logger, work: this.streams }
    if (route.kind === 'events') return this.#answerEvents(tools, exchange)
    const socket = { ...tools, peer: exchange.peer, options: options.webSocket ?? {}, draining: this.draining.signal }
    return answer(route, exchange, (state) => openSocket({ ...socket, state }))
  }

  async #answerEvents(
    tools: Omit<StreamParts, 'state' | 'heartbeat' | 'patience'>,
    exchange: Exchange,
  ): Promise<Response> {
    const { heartbeat = 15_000, firstEvent = 250 } = this.#parts.options
    const opened = await answer(tools.route, exchange, (state) =>
      openEvents({ ...tools, state, heartbeat, patience: firstEvent }),
    )
    return opened instanceof Response ? opened : opened.begin()
  }

  #unmatched(path: string, { request, requestId }: Exchange): Response {
    const allowed = this.#router.methods(path)
    if (allowed.length === 0) throw new HttpError(404, 'There is nothing at this address')
    const headers = { allow: allowed.join(', ') }
    return problemResponse({ status: 405, detail: `${request.method} is not possible here`, requestId, headers })
  }

  #failure(error: unknown, exchange: Exchange): Response {
    const { request, requestId, counter } = exchange
    try {
      const { response, unexpected } = problemOf(error, requestId)
      if (unexpected && !request.signal.aborted)
        this.#parts.logger.error(`${request.method} ${counter.route} failed`, { error, requestId })
      return response
    } catch (cause) {
      this.#parts.logger.error(`${request.method} ${counter.route} failed, with an error that cannot be sent`, {
        error: new Error('The headers of the error are not valid', { cause }),
        requestId,
      })
      return problemResponse({ status: 500, requestId })
    }
  }

  #finish(response: Response, exchange: Exchange): Response | undefined {
    const answered = exchange.peer.upgraded ? response : this.#dressed(response, exchange)
    this.requests.end()
    if (!exchange.peer.upgraded) exchange.leave()
    const milliseconds = performance.now() - exchange.started
    exchange.counter.record(exchange.request.method, answered.status, milliseconds / 1000)
    if (this.#parts.options.accessLog !== false) this.#log(answered.status, exchange, milliseconds)
    return exchange.peer.upgraded ? undefined : answered
  }

  /** The response with what is common to all. */
  #dressed(response: Response, exchange: Exchange): Response {
    const { headers } = response
    try {
      headers.set('x-request-id', exchange.requestId)
      if (exchange.dressed !== response) exchange.common.complete(headers)
      if (this.closing) headers.set('connection', 'close')
      return response
    } catch {
      return this.#dressed(mutable(response), exchange)
    }
  }

  #log(status: number, { request, requestId, ownPage }: Exchange, milliseconds: number): void {
    const fields = { status, milliseconds: Math.round(milliseconds * 10) / 10, requestId }
    const level = ownPage && status < 500 ? 'debug' : 'info'
    this.#parts.logger[level](`${request.method} ${pathOf(request.url)}`, fields)
  }
}

/** Half an escape, or bytes that are no UTF-8, would reach handlers as they are. */
function checkedPath(request: Request): string {
  if (hasBadHost(request)) throw new HttpError(400, 'The host is not valid')
  try {
    return routingPath(request.url)
  } catch {
    throw new HttpError(400, 'The address is not valid')
  }
}
