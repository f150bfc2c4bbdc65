/** Makes the response of what a handler gave: checks it against what the route declares, and sends what the schema makes of it. */
import { ResponseContractError } from '../errors.ts'
import type { RouteDescription } from '../route/route.ts'
import { checkSchema } from '../route/schema.ts'
import { problemResponse } from './problem.ts'
import { Reply } from './reply.ts'
import type { RequestResponder } from './responder.ts'

type Route = Pick<RouteDescription, 'returns' | 'method' | 'path'>

/** Rejects with `ResponseContractError`. */
export async function toResponse(
  route: Route,
  result: unknown,
  res: RequestResponder,
  requestId: string,
): Promise<Response> {
  const response = result instanceof Response ? result : await replyResponse(route, result, requestId)
  const own = res.ownHeaders
  if (own === undefined) return response
  const target = mutable(response)
  for (const [name, value] of own) {
    if (name === 'set-cookie') continue
    target.headers.set(name, value)
  }
  for (const cookie of own.getSetCookie()) target.headers.append('set-cookie', cookie)
  return target
}

/** Responses of `fetch` and `Response.redirect` have headers that cannot be changed. */
export function mutable(response: Response): Response {
  return new Response(response.body, response)
}

async function replyResponse(route: Route, result: unknown, requestId: string): Promise<Response> {
  const reply = result instanceof Reply ? result : new Reply(undefined, { kind: 'value', value: result })
  const { body } = reply
  if (body.kind === 'problem') return problemResponse({ status: reply.status ?? 400, detail: body.message, requestId })
  if (body.kind === 'raw') {
    const headers: Record<string, string> = body.contentType === undefined ? {} : { 'content-type': body.contentType }
    return new Response(body.body, { status: reply.status ?? 200, headers })
  }
  const status = reply.status ?? defaultStatus(route, body.value)
  const value = await declaredValue(route, status, body.value)
  if (value === undefined || status === 204 || status === 304) return new Response(null, { status })
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } })
}

function defaultStatus(route: Route, value: unknown): number {
  for (const [status, schema] of route.returns) {
    if (status >= 200 && status < 300 && (value === undefined) === (schema === undefined)) return status
  }
  for (const status of route.returns.keys()) if (status >= 200 && status < 300) return status
  return value === undefined ? 204 : 200
}

async function declaredValue(route: Route, status: number, value: unknown): Promise<unknown> {
  if (route.returns.size === 0 || status >= 400) return value
  const name = `${route.method} ${route.path}`
  if (!route.returns.has(status)) throw new ResponseContractError(name, status, 'the status is not declared')
  const schema = route.returns.get(status)
  if (schema === undefined) {
    if (value === undefined) return undefined
    throw new ResponseContractError(name, status, 'it declares no body')
  }
  const result = await checkSchema(schema, 'body', value)
  if ('value' in result) return result.value
  throw new ResponseContractError(
    name,
    status,
    result.violations.map(({ path, message }) => `${path} ${message}`.trim()).join('; '),
  )
}
