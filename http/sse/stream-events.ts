/**
 * Answers with an event stream, once the route's steps have let the request pass. The generator runs up to its first event before
 * the headers go out: what it throws until then has its status, as with any other route.
 */
import { runInApp, type Logger } from '@justscale/core'
import { CallIdentity } from '@justscale/core/cell'
import { RequestState, type RequestFacts } from '../request/request-state.ts'
import { toResponse } from '../response/to-response.ts'
import type { Metrics } from '../server/metrics.ts'
import type { MountedRoute } from '../server/mounted-route.ts'
import type { Work } from '../server/work.ts'
import type { EventMessage } from './event-message.ts'
import { EventStream } from './event-stream.ts'

export interface StreamParts {
  readonly route: MountedRoute
  readonly state: RequestState
  readonly facts: RequestFacts
  readonly metrics: Metrics
  readonly logger: Logger
  /** Stopping waits for the generator. */
  readonly work: Work
  /** Milliseconds. */
  readonly heartbeat: number
  /** Milliseconds that the headers wait for the first event. */
  readonly patience: number
}

/** Calls the handler, in the cell of the steps. Nothing of a generator runs before `begin`. */
export function openEvents(parts: StreamParts): OpenEvents {
  const { route, state } = parts
  RequestState.set(state, 'lastEventId', state.request.headers.get('last-event-id') ?? undefined)
  const events = (route.handle as (context: RequestState) => AsyncIterable<EventMessage>)(state)
  return new OpenEvents(parts, events)
}

export class OpenEvents {
  readonly #parts: StreamParts
  readonly #events: AsyncIterable<EventMessage>

  constructor(parts: StreamParts, events: AsyncIterable<EventMessage>) {
    this.#parts = parts
    this.#events = events
  }

  /** The answer; once the cell of the steps has committed. Rejects with what the generator throws before its first event. */
  async begin(): Promise<Response> {
    const { route, state, facts, metrics, logger, work, heartbeat, patience } = this.#parts
    const gone = new AbortController()
    const stream = new EventStream(this.#events, {
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
      onOver: () => work.end(),
    })
    facts.keepOpen()
    metrics.streams += 1
    work.begin()
    // A browser comes back after the end of a stream, but not after 204.
    const empty = (await stream.begin(patience)) === 'empty'
    const response = empty
      ? new Response(null, { status: 204 })
      : new Response(stream.body(), { headers: streamHeaders })
    return toResponse(route, response, state.res, facts)
  }
}

const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}
