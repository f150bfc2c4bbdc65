/** Connect and gRPC-Web as an answer to fetch requests: what the HTTP port mounts, and what tests call without a socket. */
import { createFetchHandler, type UniversalHandler } from '@connectrpc/connect/protocol'
import type { FetchHandler } from '@justscale/core'
import type { LeanConnect } from './lean-connect.ts'
import type { RpcRouter } from './router.ts'

/** `router` is asked at every request, so that the handler can be handed out before the app is ready. */
export function rpcFetch(router: () => Pick<RpcRouter, 'handlers' | 'unary'>, lean: LeanConnect): FetchHandler {
  const made = new Map<UniversalHandler, (request: Request) => Promise<Response>>()
  const find = (request: Request) => router().handlers.get(pathOf(request.url))
  return {
    name: 'rpc',
    matches: (request) => find(request) !== undefined && !isGrpc(request),
    fetch(request) {
      const path = pathOf(request.url)
      const unary = router().unary.get(path)
      const facts = unary === undefined ? undefined : lean.accepts(request)
      if (unary !== undefined && facts !== undefined) return lean.answer(request, unary, facts)
      const handler = router().handlers.get(path)
      if (handler === undefined) return new Response(null, { status: 404 })
      if (isGrpc(request)) return grpcRefused()
      let answer = made.get(handler)
      if (answer === undefined) {
        answer = createFetchHandler(handler)
        made.set(handler, answer)
      }
      return answer(request)
    },
  }
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
