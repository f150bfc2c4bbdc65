/**
 * `HttpServer`: the app on a socket, and the app as a function. Listens when the app starts; at stop it first says that it
 * is not ready, then refuses connections, ends streams and sockets, and lets requests in progress finish.
 */
import { defineToken, type Logger } from '@justscale/core'
import type { ServerWebSocket } from 'bun'
import { HttpBindError } from '../errors.ts'
import type { SocketSession } from '../websocket/socket-session.ts'
import { BunPeer, type BunServer } from './bun-peer.ts'
import type { HttpHandler } from './http-handler.ts'
import type { HttpOptions } from './options.ts'
import { missingFolders } from './static-file.ts'

/** The app's server, from `HttpFeature`: its address, and the app without a socket (`fetch`). */
export abstract class HttpServer extends defineToken('HttpServer') {
  /** Answers without a socket: for tests, and for code that wants to call the app's own routes. */
  abstract fetch(request: Request | string, init?: RequestInit): Promise<Response>
  /** `http://localhost:3000`. Throws before the server listens. */
  abstract readonly url: string
  abstract readonly port: number
  /** True from start until stop begins. */
  abstract readonly ready: boolean
}

/** Milliseconds that handlers have to end after their stream or socket has. */
const LAST_WORDS = 1000

export class BunHttpServer extends HttpServer {
  readonly #handler: () => Promise<HttpHandler>
  readonly #options: HttpOptions
  readonly #logger: Logger
  #server: BunServer | undefined
  #ready = false

  constructor(handler: () => Promise<HttpHandler>, options: HttpOptions, logger: Logger) {
    super()
    this.#handler = handler
    this.#options = options
    this.#logger = logger
  }

  get ready(): boolean {
    return this.#ready
  }

  get port(): number {
    return this.#listening().port ?? 0
  }

  get url(): string {
    const { hostname = 'localhost', port } = this.#listening()
    const host = hostname === '0.0.0.0' || hostname === '::' ? 'localhost' : hostname
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  async fetch(request: Request | string, init?: RequestInit): Promise<Response> {
    const full = typeof request === 'string' ? new Request(new URL(request, 'http://localhost'), init) : request
    // Without a connection there is none that could become a WebSocket.
    const response = (await (await this.#handler()).fetch(full)) as Response
    return full.method === 'HEAD' && response.body !== null ? new Response(null, response) : response
  }

  /** Rejects with `HttpBindError`. */
  async listen(): Promise<void> {
    const handler = await this.#handler()
    const host = this.#options.host ?? '0.0.0.0'
    const port = this.#options.port ?? portFrom(Bun.env['PORT'], host)
    const idleTimeout = this.#options.idleTimeout ?? 60
    try {
      this.#server = Bun.serve<SocketSession>({
        port,
        hostname: host,
        reusePort: false,
        idleTimeout,
        development: false,
        maxRequestBodySize: this.#options.maxRequestBodySize ?? 1024 ** 3,
        fetch: (request, server) => handler.fetch(request, new BunPeer(server, request, idleTimeout)),
        error: (error) => {
          this.#logger.error('HTTP could not send an answer', { error })
          return new Response(null, { status: 500 })
        },
        websocket: socketCallbacks(this.#options),
      })
    } catch (error) {
      throw new HttpBindError(host, port, error)
    }
    this.#ready = true
    this.#logger.info(`HTTP listens on ${this.url}`)
    for (const [path, folder] of await missingFolders(this.#options.static)) {
      this.#logger.warn(`HTTP serves nothing at ${path}: there is no folder ${folder}`)
    }
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const handler = await this.#handler()
    this.#ready = false
    // A connection that is closed between two requests could swallow the next one: answers close theirs first.
    handler.closing = true
    await Bun.sleep(this.#options.readinessDelay ?? 100)
    const stopped = server.stop()
    handler.draining.abort()
    const inFlight = () => ({ inFlight: handler.requests.running, streams: handler.streams.running })
    this.#logger.info('HTTP refuses connections and finishes requests', inFlight())
    const { shutdownTimeout = 10_000 } = this.#options
    if (!(await endsWithin(shutdownTimeout, Promise.all([handler.requests.idle(), stopped]))))
      this.#logger.warn('HTTP cuts requests that did not finish', inFlight())
    // What their clients see has ended; a handler that sleeps must not hold up the stop for as long as a request may.
    if (!(await endsWithin(Math.min(shutdownTimeout, LAST_WORDS), handler.streams.idle())))
      this.#logger.warn('HTTP leaves handlers of streams and sockets that go on', inFlight())
    await server.stop(true)
    this.#server = undefined
    this.#logger.info('HTTP has stopped')
  }

  #listening(): BunServer {
    if (this.#server === undefined) throw new TypeError('HttpServer: the app has not been started')
    return this.#server
  }
}

async function endsWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), milliseconds)
  return Promise.race([work.then(() => true), promise]).finally(() => clearTimeout(timer))
}

function socketCallbacks({ webSocket = {} }: HttpOptions): Bun.WebSocketHandler<SocketSession> {
  const guarded = (work: () => void) => {
    try {
      work()
    } catch {
      // An exception here would end the process; sessions report their own failures.
    }
  }
  return {
    maxPayloadLength: webSocket.maxMessageSize ?? 64 * 1024,
    idleTimeout: webSocket.idleTimeout ?? 120,
    sendPings: true,
    backpressureLimit: 1024 * 1024,
    open: (socket: ServerWebSocket<SocketSession>) => guarded(() => socket.data.opened(socket)),
    message: (socket: ServerWebSocket<SocketSession>, data: string | Uint8Array) =>
      guarded(() => socket.data.received(data)),
    drain: (socket: ServerWebSocket<SocketSession>) => guarded(() => socket.data.drained()),
    close: (socket: ServerWebSocket<SocketSession>) => guarded(() => socket.data.ended()),
  }
}

/** `PORT` as a number; 3000 where it is not set. Throws `HttpBindError` for anything that is no port. */
function portFrom(text: string | undefined, host: string): number {
  if (text === undefined || text === '') return 3000
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new HttpBindError(host, text)
}
