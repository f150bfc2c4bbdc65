/**
 * Serves the RPC controllers of an app: gRPC on its own port, Connect and gRPC-Web as a fetch handler for the HTTP port.
 * The methods are collected when they are first needed, after every controller has been made.
 */
import { Code, ConnectError } from '@connectrpc/connect'
import { defineToken, type Application, type FetchHandler, type Logger } from '@justscale/core'
import { RpcConfigError } from '../errors.ts'
import { rpcFetch } from './fetch-handler.ts'
import { GrpcServer, type TlsOptions } from './grpc-server.ts'
import { HealthStatus } from './health.ts'
import { LeanConnect } from './lean-connect.ts'
import { makeRouter, type RpcLimits, type RpcRouter } from './router.ts'

/** Of `RpcFeature(...)`. */
export interface RpcOptions {
  /** Port of gRPC; 0 takes a free one, `false` opens none. Default: GRPC_PORT, else 50051. */
  readonly port?: number | false
  /** Default `0.0.0.0`. */
  readonly hostname?: string
  readonly tls?: TlsOptions
  /** Largest message that is read, in bytes, after decompression. Default 4 MiB. */
  readonly readMaxBytes?: number
  /** Largest message that is sent, in bytes. Default 64 MiB. */
  readonly writeMaxBytes?: number
  /** Milliseconds in which a message must be there of which a call has only one. Default 30,000. */
  readonly receiveMs?: number
  /** Serve grpc.health.v1.Health. Default true. */
  readonly health?: boolean
  /** Serve grpc.reflection. Default true. */
  readonly reflection?: boolean
  /** Milliseconds that open calls get at shutdown before their signals abort. Default 5,000. */
  readonly drainMs?: number
}

/** Resolve it for the address of the gRPC port. */
export abstract class RpcServer extends defineToken('RpcServer') {
  /** The port that is listened on, once the app has started. */
  abstract readonly port: number | undefined
  /** Full names of the services of the app. */
  abstract readonly services: readonly string[]
  abstract readonly fetchHandler: FetchHandler
}

export class RpcServing {
  readonly fetchHandler: FetchHandler
  readonly #app: Application<unknown>
  readonly #logger: Logger
  readonly #options: RpcOptions
  readonly #health = new HealthStatus()
  #shutdown = new AbortController()
  #lean: LeanConnect
  #router: RpcRouter | undefined
  #grpc: GrpcServer | undefined
  #port: number | undefined
  #ending: ReturnType<typeof setTimeout> | undefined

  constructor(app: Application<unknown>, logger: Logger, options: RpcOptions) {
    this.#app = app
    this.#logger = logger
    this.#options = options
    this.#lean = this.#makeLean()
    this.fetchHandler = rpcFetch(
      () => this.router,
      () => this.#lean,
      () => this.#drain(),
    )
  }

  get port(): number | undefined {
    return this.#port
  }

  get services(): readonly string[] {
    return this.router.services.map((service) => service.typeName)
  }

  get router(): RpcRouter {
    const { health = true, reflection = true } = this.#options
    this.#router ??= makeRouter(this.#app, this.#logger, {
      ...this.#limits,
      reflection,
      health: health ? this.#health : undefined,
      shutdownSignal: this.#shutdown.signal,
    })
    return this.#router
  }

  get #limits(): RpcLimits {
    const { readMaxBytes = 4 * 1024 * 1024, writeMaxBytes = 64 * 1024 * 1024, receiveMs = 30_000 } = this.#options
    return { readMaxBytes, writeMaxBytes, receiveMs }
  }

  async start(): Promise<void> {
    if (this.#shutdown.signal.aborted) this.#renew()
    const { port = portFromEnvironment(), hostname = '0.0.0.0', tls } = this.#options
    const router = this.router
    await Promise.all(router.calls.map((call) => call.prepare()))
    if (port === false) return
    this.#grpc = new GrpcServer({
      hostname,
      port,
      ...(tls && { tls }),
      router,
      limits: this.#limits,
      shutdownSignal: this.#shutdown.signal,
      onError: (message, error) => this.#logger.warn(message, { error }),
      onRefused: (message) => this.#logger.warn(message),
    })
    this.#port = await this.#grpc.listen()
    const services = router.services.map((service) => service.typeName)
    this.#logger.info(`gRPC on ${hostname}:${this.#port}`, { services })
  }

  /** Says NOT_SERVING, finishes open calls for `drainMs`, then aborts their signals, then closes what is left. */
  async stop(): Promise<void> {
    this.#drain()
    const grpc = this.#grpc
    await atMost(this.#drained(grpc), this.#drainMs)
    this.#abort()
    await atMost(this.#drained(grpc), 1_000)
    grpc?.destroy()
    this.#grpc = undefined
    this.#port = undefined
  }

  get #drainMs(): number {
    return this.#options.drainMs ?? 5_000
  }

  /** Begins the end: here, or already when the HTTP port begins its own, which waits for the calls that it carries. */
  #drain(): void {
    this.#health.setServing(false)
    this.#grpc?.refuseNew()
    this.#ending ??= setTimeout(() => this.#abort(), this.#drainMs)
  }

  #abort(): void {
    clearTimeout(this.#ending)
    this.#shutdown.abort(new ConnectError('the server is stopping', Code.Unavailable))
  }

  /** For an app that starts again after it has been stopped. */
  #renew(): void {
    this.#shutdown = new AbortController()
    this.#lean = this.#makeLean()
    this.#router = undefined
    this.#ending = undefined
    this.#health.setServing(true)
  }

  #makeLean(): LeanConnect {
    return new LeanConnect(this.#shutdown.signal, this.#limits, (message, error) =>
      this.#logger.warn(message, { error }),
    )
  }

  async #drained(grpc: GrpcServer | undefined): Promise<void> {
    await grpc?.drained()
    await Promise.all((this.#router?.calls ?? []).map((call) => call.settled()))
  }
}

function portFromEnvironment(): number {
  const text = process.env['GRPC_PORT']
  if (text === undefined || text === '') return 50051
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw new RpcConfigError(`GRPC_PORT must be a port, from 0 to 65535, not ${JSON.stringify(text)}`)
}

async function atMost(work: Promise<void>, milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  await Promise.race([work, promise])
  clearTimeout(timer)
}
