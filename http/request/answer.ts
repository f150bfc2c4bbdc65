/**
 * Answers one request with one route: steps, handler, response, all in one cell. The response leaves after the cell has
 * committed; when the commit fails the client gets that failure instead. Synchronous where all of these are.
 */
import { runInApp } from '@justscale/core'
import { callInCell, CallIdentity } from '@justscale/core/cell'
import { isPulled, pulledBody } from '../response/pulled-body.ts'
import { Reply } from '../response/reply.ts'
import { toResponse } from '../response/to-response.ts'
import type { MountedRoute } from '../server/mounted-route.ts'
import { after, type Awaitable } from './after.ts'
import { RequestState, type RequestFacts } from './request-state.ts'
import { runSteps } from './run-steps.ts'

/**
 * Runs the route's steps and then `finish`, all in one cell: what that gives, or the answer of the step that ended the chain.
 * Throws or rejects with what failed.
 */
export function answer<Finished>(
  route: MountedRoute,
  facts: RequestFacts,
  finish: (state: RequestState) => Awaitable<Finished>,
): Awaitable<Finished | Response> {
  const state = new RequestState(facts)
  const cell = new RequestCell(route.title, facts)
  return runInApp(route.app, () =>
    callInCell(cell, () =>
      after(runSteps(route.prepared, state), (ended): Awaitable<Finished | Response> =>
        ended === undefined ? finish(state) : toResponse(undeclared, ended, state.res, facts),
      ),
    ),
  )
}

/** For request routes: the handler's result is the response. */
export function handled(route: MountedRoute, state: RequestState, facts: RequestFacts): Awaitable<Response> {
  const result = (route.handle as (context: RequestState) => unknown)(state)
  return after(result, (value) => toResponse(route, pulled(value, route, facts), state.res, facts))
}

/** A generator in a reply goes on after the request's cell has ended: it gets an app and cells of its own. */
function pulled(result: unknown, route: MountedRoute, facts: RequestFacts): unknown {
  if (!(result instanceof Reply) || result.body.kind !== 'raw' || !isPulled(result.body.body)) return result
  const body = pulledBody(result.body.body, {
    cell: new RequestCell(route.title, facts),
    enter: (work) => runInApp(route.app, work),
    onError: (error) => facts.brokeOff(error),
  })
  return new Reply(result.status, { ...result.body, body })
}

/** What ends a chain early is no declared answer of the route. */
const undeclared = { method: 'GET', path: '', returns: new Map() } as const

/** Options of the request's cell, whose signal is made only once something asks for it. */
class RequestCell {
  readonly name: string
  readonly caller: CallIdentity
  readonly #facts: RequestFacts

  constructor(name: string, facts: RequestFacts) {
    this.name = name
    this.caller = new CallIdentity(() => facts.request.headers, facts.requestId)
    this.#facts = facts
  }

  get signal(): AbortSignal {
    return this.#facts.signal
  }
}
