/**
 * The typed client: `createClient<typeof orders>({ baseUrl }).post('/orders/:order/pay', { params: { order }, body })`. It knows
 * controllers by their types only; with `fetch: (request) => server.fetch(request)` it works without a socket.
 */
import type { Problem } from '../response/problem.ts'
import type {
  CallArguments,
  CallOptions,
  CallResult,
  ClientController,
  EventAt,
  PathsOf,
  TypesAt,
} from './client-types.ts'
import { encodeBody, textOf } from './encode-body.ts'
import { HttpCallError } from './http-call-error.ts'
import { readEvents } from './read-events.ts'
import { openSocketClient } from './socket-client.ts'
import type { SocketClient } from './socket-types.ts'

/** Of `createClient(...)`. */
export interface ClientOptions {
  /** Default `http://localhost`. */
  readonly baseUrl?: string
  /** Default the runtime's `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>
}

type Call<C, Method> = <const Path extends PathsOf<C, Method>>(
  path: Path,
  ...input: CallArguments<TypesAt<C, Method, Path>>
) => Promise<CallResult<TypesAt<C, Method, Path>>>

/** Calls give the body of a success and reject with `HttpCallError` otherwise. */
export interface Client<C> {
  readonly get: Call<C, 'GET'>
  readonly post: Call<C, 'POST'>
  readonly put: Call<C, 'PUT'>
  readonly patch: Call<C, 'PATCH'>
  readonly delete: Call<C, 'DELETE'>
  /** The events of an SSE route; leaving the loop closes the stream. */
  readonly events: <const Path extends PathsOf<C, 'SSE'>>(
    path: Path,
    ...input: CallArguments<TypesAt<C, 'SSE', Path>>
  ) => AsyncIterable<EventAt<TypesAt<C, 'SSE', Path>>>
  /** Opens a WebSocket: its procedures are called by name. Headers reach the server from Bun; browsers send none. */
  readonly connect: <const Path extends PathsOf<C, 'WS'>>(
    path: Path,
    ...input: CallArguments<TypesAt<C, 'WS', Path>>
  ) => Promise<SocketClient<TypesAt<C, 'WS', Path>>>
}

/** `createClient<typeof orders | typeof users>({ baseUrl })`. */
export function createClient<C extends ClientController>(options: ClientOptions = {}): Client<C> {
  const call = (method: string) => async (path: string, input?: RawInput) => {
    const response = await send(options, method, path, input, 'application/json')
    return bodyOf(response)
  }
  async function* events(path: string, input?: RawInput) {
    const response = await send(options, 'GET', path, input, 'text/event-stream')
    if (response.body !== null) yield* readEvents(response.body)
  }
  const client = {
    get: call('GET'),
    post: call('POST'),
    put: call('PUT'),
    patch: call('PATCH'),
    delete: call('DELETE'),
    events,
    connect: (path: string, input?: RawInput) => {
      const url = urlOf(options, path, input ?? {})
      url.protocol = url.protocol.replace('http', 'ws')
      return openSocketClient(url.href, { ...options.headers, ...input?.headers })
    },
  }
  return client as unknown as Client<C>
}

interface RawInput extends CallOptions {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

async function send(
  options: ClientOptions,
  method: string,
  path: string,
  input: RawInput = {},
  accept: string,
): Promise<Response> {
  const { fetch: fetchOf = fetch, headers } = options
  const url = urlOf(options, path, input)
  const own: Record<string, string> = { accept, ...lowerCased(headers), ...lowerCased(input.headers) }
  const encoded = encodeBody(input.body, own['content-type'])
  delete own['content-type']
  const response = await fetchOf(
    new Request(url, {
      method,
      headers: { ...own, ...(encoded?.contentType !== undefined && { 'content-type': encoded.contentType }) },
      ...(encoded && { body: encoded.body }),
      ...(input.signal && { signal: input.signal }),
    }),
  )
  if (response.ok) return response
  const answer = await bodyOf(response)
  // A proxy's error page is no problem document.
  const problem = typeof answer === 'object' && answer !== null ? (answer as Problem) : undefined
  throw new HttpCallError(`${method} ${url.pathname}`, response.status, problem)
}

function urlOf({ baseUrl = 'http://localhost' }: ClientOptions, path: string, { params, query }: RawInput): URL {
  const url = new URL(baseUrl.replace(/\/$/, '') + filled(path, params ?? {}))
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined) url.searchParams.append(name, textOf(item))
  }
  return url
}

function filled(path: string, params: Readonly<Record<string, unknown>>): string {
  const rest = (text: string) =>
    text
      .split('/')
      .map((each) => segment(each, path))
      .join('/')
  return path
    .replace(/:(\w+)/g, (_, name: string) => {
      const text = textOf(params[name])
      if (text === '')
        throw new TypeError(`${path}: the parameter ${name} is empty, which is the address of something else`)
      return segment(text, path)
    })
    .replace(/\*$/, () => rest(textOf(params['rest'])))
}

/** Dots alone, escaped or not, are steps to addresses that are others. */
function segment(text: string, path: string): string {
  if (text === '.' || text === '..') throw new TypeError(`${path}: "${text}" can be no part of an address`)
  return encodeURIComponent(text)
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text()
  if (text === '') return undefined
  return response.headers.get('content-type')?.includes('json') === true ? (JSON.parse(text) as unknown) : text
}
