/** Turns a request into a WebSocket, once the route's steps have let it pass. The handler runs in a cell of the socket's own. */
import { runInApp, type Logger } from '@justscale/core'
import { CallIdentity, runInCell } from '@justscale/core/cell'
import { HttpError } from '../errors.ts'
import { RequestState } from '../request/request-state.ts'
import type { Metrics } from '../server/metrics.ts'
import type { MountedRoute } from '../server/mounted-route.ts'
import type { WebSocketOptions } from '../server/options.ts'
import type { Peer } from '../server/peer.ts'
import type { Work } from '../server/work.ts'
import { ProcedureCalls } from './procedure-calls.ts'
import type { SocketContext } from './socket-context.ts'
import { SocketSession } from './socket-session.ts'

export interface SocketParts {
  readonly route: MountedRoute
  readonly state: RequestState
  readonly peer: Peer
  readonly metrics: Metrics
  readonly logger: Logger
  readonly options: WebSocketOptions
  /** Aborted when the server stops. */
  readonly draining: AbortSignal
  /** Stopping waits for the handler. */
  readonly work: Work
}

export async function openSocket({
  route,
  state,
  peer,
  metrics,
  logger,
  options,
  draining,
  work,
}: SocketParts): Promise<Response> {
  const { request } = state
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') {
    throw new HttpError(426, 'This is a WebSocket', { headers: { upgrade: 'websocket', connection: 'Upgrade' } })
  }
  if (!originAllowed(request, options.origins ?? [])) throw new HttpError(403, 'Not from this origin')
  const onError = (error: unknown) => logger.error(`${route.title} failed`, { error, requestId: state.requestId })
  const session = new SocketSession({
    name: `message of ${route.path}`,
    limits: options,
    message: route.message,
    run: (context) => runHandler(route, state, context, onError),
    onError,
    onClose: () => {
      metrics.sockets -= 1
    },
    onEnd: () => work.end(),
  })
  if (draining.aborted) throw new HttpError(503, 'The server stops', { headers: { 'retry-after': '1' } })
  metrics.sockets += 1
  work.begin()
  if (!peer.upgrade(session, state.res.ownHeaders ?? new Headers())) {
    metrics.sockets -= 1
    work.end()
    throw new HttpError(400, 'The handshake is not valid')
  }
  draining.addEventListener('abort', () => session.close(1001, 'The server stops'), {
    once: true,
    signal: session.closed,
  })
  // Counted and logged as what the client got; the server itself answers nothing more.
  return new Response(null, { status: 101 })
}

function runHandler(
  route: MountedRoute,
  state: RequestState,
  socket: SocketContext<unknown>,
  onError: (error: unknown) => void,
): Promise<void> {
  const { messages, send, close, closed } = socket
  const { procedures, path } = route
  const { requestId } = state
  const calls = procedures && new ProcedureCalls({ procedures, path, requestId, socket, context: state, onError })
  RequestState.add(state, { messages, send, close, closed, signal: closed, ...(calls && { serve: calls.serve }) })
  const handle = route.handle as (context: RequestState) => Promise<void>
  const caller = new CallIdentity(() => state.request.headers, state.requestId)
  return runInApp(route.app, () =>
    runInCell({ name: `socket ${route.path}`, signal: closed, caller }, () => handle(state)),
  )
}

/** Browsers send an origin: it must be the server's own or a declared one. Other clients send none. */
function originAllowed(request: Request, origins: readonly string[]): boolean {
  const origin = request.headers.get('origin')
  if (origin === null || origins.includes('*') || origins.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).host === request.headers.get('host')
}
