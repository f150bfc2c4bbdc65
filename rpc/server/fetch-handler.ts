/** Connect and gRPC-Web as an answer to fetch requests: what the HTTP port mounts, and what tests call without a socket. */
import { Code, ConnectError } from '@connectrpc/connect'
import { universalServerResponseToFetch } from '@connectrpc/connect/protocol'
import type { FetchHandler } from '@justscale/core'
import type { LeanConnect } from './lean-connect.ts'
import { arriving } from './one-message.ts'
import type { RpcRouter } from './router.ts'
import { WholeEnvelopes } from './whole-envelopes.ts'

/** Its parts are asked for at every request: the handler is handed out before the app is ready, and outlives its stop. */
export function rpcFetch(
  router: () => Pick<RpcRouter, 'handlers' | 'unary'>,
  currentLean: () => LeanConnect,
  drain: () => void,
): FetchHandler {
  const find = (request: Request) => router().handlers.get(pathOf(request.url))
  return {
    name: 'rpc',
    drain,
    matches: (request) => find(request) !== undefined && !isGrpc(request),
    async fetch(request) {
      const path = pathOf(request.url)
      const lean = currentLean()
      const unary = router().unary.get(path)
      const facts = unary === undefined ? undefined : lean.accepts(request)
      if (unary !== undefined && facts !== undefined) return lean.answer(request, unary, facts)
      const handler = router().handlers.get(path)
      if (handler === undefined) return new Response(null, { status: 404 })
      if (isGrpc(request)) return grpcRefused()
      const { method, url, headers: header, signal } = request
      const body = arriving(handler.method, bodyOf(request), lean.limits.receiveMs)
      const received = { httpVersion: '', method, url, header, signal, body }
      return universalServerResponseToFetch(await handler(received))
    },
  }
}

/** The bytes of a request. Rejects as cancelled when the caller leaves before they are all there. */
function bodyOf({ body, headers }: Request): AsyncIterable<Uint8Array> {
  const envelopes = WholeEnvelopes.of(headers.get('content-type'))
  // connect-es asks for the iterator more than once.
  const reader = body?.getReader()
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined }
  const leave = async () => {
    await reader?.cancel().catch(() => {})
    return done
  }
  const read = async () => {
    try {
      return (await reader?.read()) ?? done
    } catch (cause) {
      throw new ConnectError('the caller is gone', Code.Canceled, undefined, undefined, cause)
    }
  }
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    const { value } = await read()
    if (value !== undefined) envelopes?.follow(value)
    else envelopes?.end()
    return value === undefined ? done : { done: false, value }
  }
  return { [Symbol.asyncIterator]: () => ({ next, return: leave, throw: leave }) }
}

function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  if (start === -1) return '/'
  const query = url.indexOf('?', start)
  return url.slice(start, query === -1 ? undefined : query)
}

/** Plain gRPC needs trailers, which this port cannot send. */
function isGrpc(request: Request): boolean {
  const type = request.headers.get('content-type') ?? ''
  return type === 'application/grpc' || type.startsWith('application/grpc+') || type.startsWith('application/grpc;')
}

function grpcRefused(): Response {
  return new Response('gRPC is served on its own port', { status: 415 })
}
