/**
 * Answers one request with one route: steps, handler, response, all in one cell. The response leaves after the cell has
 * committed; when the commit fails the client gets that failure instead. Synchronous where all of these are.
 */
import { runInApp } from '@justscale/core'
import { callInCell, CallIdentity } from '@justscale/core/cell'
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
  return after(result, (value) => toResponse(route, value, state.res, facts))
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
