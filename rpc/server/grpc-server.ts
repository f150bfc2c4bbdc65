/**
 * The gRPC port: HTTP/2 by node:http2, because gRPC needs trailers and Bun.serve sends none. It also answers Connect and
 * gRPC-Web over HTTP/2.
 */
import {
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { RpcConfigError } from '../errors.ts'
import { isGone, universalRequest, writeAnswer } from './http2-adapter.ts'
import { leanCall, LeanUnary } from './lean-unary.ts'
import { arriving } from './one-message.ts'
import type { RpcLimits, RpcRouter } from './router.ts'

/** Certificate of the gRPC port. */
export interface TlsOptions {
  /** PEM. */
  readonly key: string
  /** PEM. */
  readonly cert: string
  /** PEM of the authority that signs the certificates of clients; with it, clients without one are refused. */
  readonly clientCa?: string
}

export interface GrpcServerOptions {
  readonly hostname: string
  /** 0 takes a free one. */
  readonly port: number
  readonly tls?: TlsOptions
  readonly router: Pick<RpcRouter, 'handlers' | 'unary'>
  readonly limits: RpcLimits
  /** Aborted when open calls must end. */
  readonly shutdownSignal: AbortSignal
  /** Told of what goes wrong outside of any handler. */
  readonly onError: (message: string, error: unknown) => void
  /** Told, in one line, of connections that do not keep to HTTP/2. */
  readonly onRefused: (message: string) => void
}

export class GrpcServer {
  readonly #options: GrpcServerOptions
  readonly #server: Http2Server | Http2SecureServer
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #lean: LeanUnary
  #open = 0
  #idle: (() => void) | undefined

  constructor(options: GrpcServerOptions) {
    this.#options = options
    this.#lean = new LeanUnary(options.shutdownSignal, options.onError)
    const { tls } = options
    this.#server = tls === undefined ? createServer() : createSecureServer(secureOptions(tls))
    this.#server.on(
      'stream',
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void this.#handle(stream, headers),
    )
    this.#server.on('session', (session) => this.#track(session))
    this.#server.on('sessionError', (error) => {
      // A caller that goes away without a word is no news.
      if (!hasCode(error, 'ECONNRESET', 'EPIPE')) options.onRefused(refusal(error))
    })
  }

  /** Resolves with the port. Rejects with RpcConfigError when the port cannot be had. */
  async listen(): Promise<number> {
    const { hostname, port } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject)
    this.#server.listen(port, hostname, resolve)
    await promise.catch((cause: unknown) => {
      if (hasCode(cause, 'EADDRINUSE')) {
        const text = `the gRPC server cannot listen on ${hostname}:${port}, which is in use; set GRPC_PORT to another port`
        throw new RpcConfigError(text)
      }
      throw new RpcConfigError(`the gRPC server cannot listen on ${hostname}:${port}`, { cause })
    })
    this.#server.off('error', reject)
    this.#server.on('error', (error) => this.#options.onError('the gRPC server failed', error))
    return (this.#server.address() as AddressInfo).port
  }

  /** Takes no new connections and tells the open ones to go elsewhere; calls that run go on. */
  refuseNew(): void {
    this.#server.close()
    for (const session of this.#sessions) if (!session.closed && !session.destroyed) session.close()
  }

  /** Resolves when no call is open. */
  async drained(): Promise<void> {
    if (this.#open === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle = resolve
    await promise
  }

  /** Ends what is still open. */
  destroy(): void {
    for (const session of this.#sessions) if (!session.destroyed) session.destroy()
    this.#sessions.clear()
  }

  #track(session: ServerHttp2Session): void {
    this.#sessions.add(session)
    session.on('close', () => this.#sessions.delete(session))
    session.on('error', () => this.#sessions.delete(session))
  }

  async #handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    this.#open++
    // A stream that its peer resets emits an error; nobody else listens.
    stream.on('error', () => {})
    try {
      await this.#answer(stream, headers)
    } catch (error) {
      if (!isGone(stream)) this.#abandon(stream, error)
    } finally {
      this.#open--
      if (this.#open === 0) this.#idle?.()
    }
  }

  async #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const path = (headers[':path'] ?? '').split('?', 1)[0] ?? ''
    const { router, limits } = this.#options
    const unary = router.unary.get(path)
    const lean = unary === undefined ? undefined : leanCall(headers)
    if (unary !== undefined && lean !== undefined) return this.#lean.answer(stream, headers, unary, lean, limits)
    const handler = router.handlers.get(path)
    if (handler === undefined) return answerUnknown(stream, headers, path)
    const request = universalRequest(stream, headers)
    const body = arriving(handler.method, request.body as AsyncIterable<Uint8Array>, limits.receiveMs)
    await writeAnswer(stream, await handler({ ...request, body }))
  }

  #abandon(stream: ServerHttp2Stream, error: unknown): void {
    this.#options.onError('a gRPC call could not be answered', error)
    stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** What a connection broke is the caller's doing: a stack of ours says nothing about it. */
function refusal(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  if (!reason.includes('magic')) return `a gRPC connection was refused: ${reason}`
  return 'the gRPC port was called without HTTP/2 (probes of HTTP/1.1 belong on the HTTP port)'
}

function secureOptions(tls: TlsOptions): SecureServerOptions {
  const client = tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }
  return { key: tls.key, cert: tls.cert, ...client }
}

function answerUnknown(stream: ServerHttp2Stream, request: IncomingHttpHeaders, path: string): void {
  const type = request['content-type'] ?? ''
  if (!type.startsWith('application/grpc') || type.startsWith('application/grpc-web')) {
    stream.respond({ ':status': 404 }, { endStream: true })
    return
  }
  // One frame of headers that also ends the stream: only then is the status in it read.
  const message = `there is no method ${path.replace(/[^\x20-\x24\x26-\x7e]/g, '?')}`
  const headers = { ':status': 200, 'content-type': type, 'grpc-status': '12', 'grpc-message': message }
  stream.respond(headers, { endStream: true })
}
