/** Makes the response of what a handler gave: checks it against what the route declares, and sends what the schema makes of it. */
import { ResponseContractError } from '../errors.ts'
import { after, type Awaitable } from '../request/after.ts'
import type { RequestFacts } from '../request/request-state.ts'
import type { RouteDescription } from '../route/route.ts'
import { checkSchema, type SchemaResult } from '../route/schema.ts'
import { fileResponse } from './file-response.ts'
import { problemResponse } from './problem.ts'
import { Reply, type ReplyBody } from './reply.ts'
import type { RequestResponder } from './responder.ts'

type Route = Pick<RouteDescription, 'returns' | 'method' | 'path'>

/** Throws or rejects with `ResponseContractError`. Synchronous where the schema is. */
export function toResponse(
  route: Route,
  result: unknown,
  res: RequestResponder,
  facts: RequestFacts,
): Awaitable<Response> {
  if (result instanceof Response && (result.bodyUsed || result.status === 0))
    throw new ResponseContractError(`${route.method} ${route.path}`, result.status, unsendable(result))
  if (result instanceof Response) return withOwnHeaders(res.ownHeaders === undefined ? result : mutable(result), res)
  const made =
    result instanceof Reply ? replyResponse(route, result, facts) : valueResponse(route, undefined, result, facts)
  return after(made, (response) => withOwnHeaders(response, res))
}

function unsendable({ bodyUsed }: Response): string {
  return bodyUsed ? 'its body has been read or sent before; a response is for one request' : 'a response of no status'
}

/** Responses of `fetch` and `Response.redirect` have headers that cannot be changed. */
export function mutable(response: Response): Response {
  return new Response(response.body, response)
}

function withOwnHeaders(response: Response, { ownHeaders }: RequestResponder): Response {
  if (ownHeaders === undefined) return response
  for (const [name, value] of ownHeaders) if (name !== 'set-cookie') response.headers.set(name, value)
  for (const cookie of ownHeaders.getSetCookie()) response.headers.append('set-cookie', cookie)
  return response
}

function replyResponse(route: Route, { status, body }: Reply, facts: RequestFacts): Awaitable<Response> {
  if (body.kind === 'value') return valueResponse(route, status, body.value, facts)
  if (body.kind === 'raw') return rawResponse(status ?? 200, body, facts)
  if (body.kind === 'file') {
    const { file, contentType = file.type } = body
    return fileResponse(facts.request, file, { 'content-type': contentType }, status)
  }
  return problemResponse({ status: status ?? 400, detail: body.message, requestId: facts.requestId })
}

function rawResponse(
  status: number,
  { body, contentType }: ReplyBody & { kind: 'raw' },
  facts: RequestFacts,
): Response {
  if (typeof body === 'string') facts.size = body.length
  else if (body instanceof Uint8Array) facts.size = body.byteLength
  else if (body !== null) facts.keepOpen()
  return new Response(body, { status, headers: contentType === undefined ? {} : { 'content-type': contentType } })
}

function valueResponse(
  route: Route,
  given: number | undefined,
  value: unknown,
  facts: RequestFacts,
): Awaitable<Response> {
  const status = given ?? defaultStatus(route, value)
  if (route.returns.size === 0 || status >= 400) return jsonResponse(status, value, facts)
  if (!route.returns.has(status)) throw breach(route, status, 'the status is not declared')
  const schema = route.returns.get(status)
  if (schema !== undefined)
    return after(checkSchema(schema, 'body', value), (result) =>
      jsonResponse(status, declared(route, status, result), facts),
    )
  if (value !== undefined) throw breach(route, status, 'it declares no body')
  return jsonResponse(status, undefined, facts)
}

function jsonResponse(status: number, value: unknown, facts: RequestFacts): Response {
  if (value === undefined || status === 204 || status === 304) return new Response(null, { status })
  const text = JSON.stringify(value)
  const response = new Response(text, { status, headers: facts.common.json })
  facts.size = text.length
  facts.dressed = response
  return response
}

function defaultStatus(route: Route, value: unknown): number {
  if (route.returns.size === 0) return value === undefined ? 204 : 200
  for (const [status, schema] of route.returns) {
    if (status >= 200 && status < 300 && (value === undefined) === (schema === undefined)) return status
  }
  for (const status of route.returns.keys()) if (status >= 200 && status < 300) return status
  return value === undefined ? 204 : 200
}

function declared(route: Route, status: number, result: SchemaResult): unknown {
  if ('value' in result) return result.value
  const problems = result.violations.map(({ path, message }) => `${path} ${message}`.trim())
  throw breach(route, status, problems.join('; '))
}

function breach(route: Route, status: number, problem: string): ResponseContractError {
  return new ResponseContractError(`${route.method} ${route.path}`, status, problem)
}
