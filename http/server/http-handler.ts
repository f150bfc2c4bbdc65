/**
 * The app as a function from request to response: Hono matches, its own middleware does what is common to all answers, and
 * routes answer in their app. Works the same with a socket and without one.
 */
import type { Application, FetchHandler, Logger } from '@justscale/core'
import { runInApp } from '@justscale/core'
import { requestIdFrom } from '@justscale/core/cell'
import { Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { secureHeaders } from 'hono/secure-headers'
import { HttpError } from '../errors.ts'
import { answer, handled, withDeadline } from '../request/answer.ts'
import type { RequestState } from '../request/request-state.ts'
import { problemOf, problemResponse } from '../response/problem.ts'
import { mutable } from '../response/to-response.ts'
import { streamEvents } from '../sse/stream-events.ts'
import { openSocket } from '../websocket/open-socket.ts'
import { clientAddress, type AddressOf } from './client-address.ts'
import { Metrics } from './metrics.ts'
import type { MountedRoute } from './mounted-route.ts'
import type { CorsOptions, HttpOptions } from './options.ts'
import { noPeer, type Peer } from './peer.ts'
import { staticFile } from './static-file.ts'

/** One request as the handler keeps track of it. */
interface Exchange {
  readonly requestId: string
  readonly peer: Peer
  readonly abort: AbortController
  route: string
}

type Environment = { Bindings: Exchange }

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

export class HttpHandler {
  readonly metrics = new Metrics()
  readonly routes: readonly MountedRoute[]
  /** Aborts when the server stops: streams and sockets end. */
  readonly draining = new AbortController()
  /** True once the server wants its clients to go elsewhere: answers then close their connection. */
  closing = false
  readonly #parts: HttpHandlerParts
  readonly #hono: Hono<Environment>
  readonly #methods = new Map<string, Hono<Environment>>()
  readonly #addressOf: AddressOf
  #idle: (() => void) | undefined

  constructor(parts: HttpHandlerParts) {
    this.#parts = parts
    this.routes = parts.routes
    this.#addressOf = clientAddress(parts.options.trustedProxies ?? [])
    this.#hono = this.#build()
  }

  /** Answers a request; never rejects. */
  async fetch(request: Request, peer: Peer = noPeer): Promise<Response> {
    const started = performance.now()
    const exchange: Exchange = {
      requestId: requestIdFrom(request.headers),
      peer,
      abort: new AbortController(),
      route: 'none',
    }
    this.metrics.inFlight += 1
    let response: Response
    try {
      checkEscapes(request.url)
      response = await this.#hono.fetch(request, exchange)
    } catch (error) {
      response = this.#failure(error, exchange, request)
    }
    const finished = this.#finish(response, exchange)
    this.metrics.inFlight -= 1
    if (this.metrics.inFlight === 0) this.#idle?.()
    this.#log(request, finished.status, exchange, performance.now() - started)
    return finished
  }

  /** Resolves once no request is being answered. */
  idle(): Promise<void> {
    if (this.metrics.inFlight === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idle = resolve
    })
  }

  #build(): Hono<Environment> {
    const { options, mounted, pages } = this.#parts
    const hono = new Hono<Environment>({ strict: false })
    for (const middleware of commonMiddleware(options)) hono.use(middleware)
    for (const handler of mounted) {
      hono.use((context, next) => this.#mounted(handler, context.req.raw, context.env.peer, next))
    }
    for (const group of groupRoutes(this.routes)) {
      const [{ method, path }] = group
      hono.on(method, path, (context) =>
        this.#answerGroup(group, context.req.raw, context.req.param() as Params, context.env),
      )
    }
    for (const page of pages) hono.get(page.path, (context) => Promise.resolve(page.answer(context.req.raw)))
    for (const [path, folder] of Object.entries(options.static ?? {})) {
      hono.get(`${path.replace(/\/+$/, '')}/*`, (context) => staticFile(context.req.raw, path, folder))
    }
    hono.notFound((context) => this.#unmatched(context.req.raw, context.env))
    hono.onError((error, context) => this.#failure(error, context.env, context.req.raw))
    return hono
  }

  async #mounted(
    handler: FetchHandler,
    request: Request,
    peer: Peer,
    next: () => Promise<void>,
  ): Promise<Response | undefined> {
    if (handler.matches(request)) {
      // Whether it streams, and for how long it is quiet, only the handler knows.
      peer.keepOpen()
      return runInApp(this.#parts.app, () => handler.fetch(request))
    }
    await next()
    return undefined
  }

  async #answerGroup(group: RouteGroup, request: Request, params: Params, exchange: Exchange): Promise<Response> {
    const route = chooseRoute(group, request)
    exchange.route = route.path
    const deadline = route.kind === 'request' ? (route.deadline ?? this.#parts.options.requestTimeout ?? 30_000) : 0
    const facts = {
      request,
      params: wildcardNamed(route, request, params),
      signal: this.#signal(route, request, exchange),
      requestId: exchange.requestId,
      clientAddress: () => this.#addressOf(request, exchange.peer.address),
    }
    const finish = (state: RequestState) => this.#finishRoute(route, state, exchange)
    return withDeadline(deadline, (reason) => exchange.abort.abort(reason), answer(route, facts, finish))
  }

  /** Aborts when the client is gone or the deadline has passed; for streams and sockets also when the server stops. */
  #signal(route: MountedRoute, request: Request, { abort }: Exchange): AbortSignal {
    if (route.kind !== 'request') return AbortSignal.any([request.signal, abort.signal, this.draining.signal])
    // Joining signals costs more than the rest of a small request.
    request.signal.addEventListener('abort', () => abort.abort(request.signal.reason), { once: true })
    return abort.signal
  }

  #finishRoute(route: MountedRoute, state: RequestState, exchange: Exchange): Promise<Response> {
    const { logger, options } = this.#parts
    const tools = { route, state, peer: exchange.peer, metrics: this.metrics, logger }
    if (route.kind === 'events') return streamEvents({ ...tools, heartbeat: options.heartbeat ?? 15_000 })
    if (route.kind === 'socket')
      return openSocket({ ...tools, options: options.webSocket ?? {}, draining: this.draining.signal })
    return handled(route, state)
  }

  #unmatched(request: Request, exchange: Exchange): Response {
    const path = new URL(request.url).pathname
    const allowed = this.#allowedMethods(path)
    if (allowed.length === 0) throw new HttpError(404, 'There is nothing at this address')
    const headers = { allow: allowed.join(', ') }
    return problemResponse({
      status: 405,
      detail: `${request.method} is not possible here`,
      requestId: exchange.requestId,
      headers,
    })
  }

  #allowedMethods(path: string): string[] {
    const matching = this.routes.filter((route) => this.#matches(route, path)).map((route) => route.method)
    const methods = new Set<string>(matching)
    if (methods.has('GET')) methods.add('HEAD')
    return [...methods].sort()
  }

  #matches(route: MountedRoute, path: string): boolean {
    const known =
      this.#methods.get(route.path) ??
      new Hono<Environment>({ strict: false }).all(route.path, (context) => context.body(null))
    this.#methods.set(route.path, known as Hono<Environment>)
    const [handlers] = known.router.match('GET', path.length > 1 ? path.replace(/\/$/, '') : path)
    return handlers.length > 0
  }

  #failure(error: unknown, exchange: Exchange, request: Request): Response {
    const { response, unexpected } = problemOf(error, exchange.requestId)
    if (unexpected && !request.signal.aborted) {
      this.#parts.logger.error(`${request.method} ${exchange.route} failed`, { error, requestId: exchange.requestId })
    }
    return response
  }

  #finish(response: Response, exchange: Exchange): Response {
    const target = identified(response, exchange.requestId)
    if (this.closing) target.headers.set('connection', 'close')
    return target
  }

  #log(request: Request, status: number, exchange: Exchange, milliseconds: number): void {
    this.metrics.record(request.method, exchange.route, status, milliseconds / 1000)
    if (this.#parts.options.accessLog === false) return
    const { pathname } = new URL(request.url)
    const fields = { status, milliseconds: Math.round(milliseconds * 10) / 10, requestId: exchange.requestId }
    this.#parts.logger.info(`${request.method} ${pathname}`, fields)
  }
}

type Params = Readonly<Record<string, string>>
type RouteGroup = readonly [MountedRoute, ...MountedRoute[]]

/** Routes on one path and method: a handler, an event stream and a socket can share it. */
function groupRoutes(routes: readonly MountedRoute[]): RouteGroup[] {
  const groups = Map.groupBy(routes, (route) => `${route.method} ${route.path}`)
  return [...groups.values()].map((group) => group as unknown as RouteGroup)
}

function chooseRoute(group: RouteGroup, request: Request): MountedRoute {
  if (group.length === 1) return group[0]
  const upgrade = request.headers.get('upgrade')?.toLowerCase() === 'websocket'
  const events = request.headers.get('accept')?.includes('text/event-stream') === true
  const wanted = upgrade ? 'socket' : events ? 'events' : 'request'
  return group.find((route) => route.kind === wanted) ?? group[0]
}

/** The rest of the path that `*` stands for, as `rest`. */
function wildcardNamed(route: MountedRoute, request: Request, params: Params): Params {
  if (!route.path.endsWith('/*')) return params
  const skipped = route.path.split('/').length - 1
  const rest = new URL(request.url).pathname.split('/').slice(skipped).map(decoded).join('/')
  return { ...params, rest }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** Half an escape, or bytes that are no UTF-8, would reach handlers as they are. */
function checkEscapes(url: string): void {
  if (!url.includes('%')) return
  try {
    decodeURIComponent(new URL(url).pathname)
  } catch {
    throw new HttpError(400, 'The address is not valid')
  }
}

function identified(response: Response, requestId: string): Response {
  try {
    response.headers.set('x-request-id', requestId)
    return response
  } catch {
    return identified(mutable(response), requestId)
  }
}

function commonMiddleware(options: HttpOptions): MiddlewareHandler[] {
  return [
    ...(options.secureHeaders === false
      ? []
      : [secureHeaders({ crossOriginResourcePolicy: options.cors ? false : 'same-origin' })]),
    ...(options.cors ? [cors(corsOptions(options.cors))] : []),
    ...(options.compress ? [compress()] : []),
    ...(options.etag ? [etag()] : []),
  ]
}

function corsOptions({
  origin,
  credentials,
  allowHeaders,
  exposeHeaders,
  maxAge,
}: CorsOptions): Parameters<typeof cors>[0] {
  return {
    origin: typeof origin === 'string' ? origin : [...origin],
    allowHeaders: [...(allowHeaders ?? ['Content-Type', 'Authorization'])],
    exposeHeaders: [...(exposeHeaders ?? ['X-Request-Id'])],
    ...(credentials !== undefined && { credentials }),
    maxAge: maxAge ?? 600,
  }
}
