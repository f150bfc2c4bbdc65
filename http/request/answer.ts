/**
 * Answers one request with one route: steps, handler, response, all in one cell. The response leaves after the cell has
 * committed; when the commit fails the client gets that failure instead.
 */
import { runInApp } from '@justscale/core'
import { CallIdentity, runInCell } from '@justscale/core/cell'
import { HttpError } from '../errors.ts'
import { toResponse } from '../response/to-response.ts'
import type { MountedRoute } from '../server/mounted-route.ts'
import { RequestState, type RequestFacts } from './request-state.ts'
import { runSteps } from './run-steps.ts'

/** What happens after the steps of a route: by kind. */
export type Finish = (state: RequestState) => Promise<Response>

/** Runs the route's steps and then `finish`. Rejects with what failed. */
export async function answer(route: MountedRoute, facts: RequestFacts, finish: Finish): Promise<Response> {
  const state = new RequestState(facts)
  const caller = new CallIdentity(() => facts.request.headers, facts.requestId)
  const options = { name: route.title, signal: facts.signal, caller }
  return runInApp(route.app, () =>
    runInCell(options, async () => {
      const ended = await runSteps(route.prepared, state)
      if (ended !== undefined) return toResponse({ ...route, returns: new Map() }, ended, state.res, facts.requestId)
      return finish(state)
    }),
  )
}

/** For request routes: the handler's result is the response. */
export async function handled(route: MountedRoute, state: RequestState): Promise<Response> {
  const result = await (route.handle as (context: RequestState) => unknown)(state)
  return toResponse(route, result, state.res, state.requestId)
}

/** Rejects with 504 once the signal aborts for the deadline; the work goes on and sees its signal aborted. */
export function withDeadline(
  milliseconds: number,
  expire: (reason: HttpError) => void,
  work: Promise<Response>,
): Promise<Response> {
  if (milliseconds <= 0) return work
  const expired = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = new HttpError(504, `No answer within ${milliseconds} ms`)
    expire(error)
    expired.reject(error)
  }, milliseconds)
  return Promise.race([work, expired.promise]).finally(() => clearTimeout(timer))
}
