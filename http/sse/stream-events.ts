/** Answers with an event stream, once the route's steps have let the request pass. */
import { runInApp, type Logger } from '@justscale/core'
import { CallIdentity } from '@justscale/core/cell'
import type { RequestFacts, RequestState } from '../request/request-state.ts'
import { toResponse } from '../response/to-response.ts'
import type { Metrics } from '../server/metrics.ts'
import type { MountedRoute } from '../server/mounted-route.ts'
import type { Peer } from '../server/peer.ts'
import type { EventMessage } from './event-message.ts'
import { eventStream } from './event-stream.ts'

export interface StreamParts {
  readonly route: MountedRoute
  readonly state: RequestState
  readonly facts: RequestFacts
  readonly peer: Peer
  readonly metrics: Metrics
  readonly logger: Logger
  /** Milliseconds. */
  readonly heartbeat: number
}

export async function streamEvents({
  route,
  state,
  facts,
  peer,
  metrics,
  logger,
  heartbeat,
}: StreamParts): Promise<Response> {
  state.set('lastEventId', state.request.headers.get('last-event-id') ?? undefined)
  const events = (route.handle as (context: RequestState) => AsyncIterable<EventMessage>)(state)
  peer.keepOpen()
  metrics.streams += 1
  const gone = new AbortController()
  const body = eventStream(events, {
    name: route.title,
    caller: new CallIdentity(() => state.request.headers, state.requestId),
    signal: AbortSignal.any([state.signal, gone.signal]),
    heartbeat,
    enter: (work) => runInApp(route.app, work),
    onError: (error) => logger.error(`${route.title} failed`, { error, requestId: state.requestId }),
    onEnd: () => {
      metrics.streams -= 1
      gone.abort()
    },
  })
  const headers = {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  }
  return toResponse(route, new Response(body, { headers }), state.res, facts)
}
