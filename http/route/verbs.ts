/** The words that start a route: `Get('/:order').types({ Order }).handle(({ order }) => order)`. */
import type { GuardFunction, Guard, Middleware } from '../middleware/create-middleware.ts'
import { checkPath, type CheckedPath } from './path.ts'
import {
  routeDescription,
  type BodyOptions,
  type Method,
  type ParameterType,
  type RouteDescription,
  type RouteDocumentation,
} from './route.ts'
import type { EventsBuilder, RequestBuilder, SocketBuilder } from './route-builder.ts'
import { callSchema } from '../websocket/procedure-calls.ts'
import { startProcedure, type Procedures } from '../websocket/procedure.ts'
import type { Schema } from './schema.ts'

/** Bytes a body may have unless its route says otherwise. */
export const DEFAULT_BODY_LIMIT = 1024 * 1024

type None = Record<never, never>
type Start<Verb extends string> = <const Path extends string>(
  path: Path & CheckedPath<Path>,
) => RequestBuilder<Verb, Path, None, undefined, undefined, undefined, undefined, None, unknown>

/** Begins a route: `Get('/:task')`, then what comes in, `.returns(...)` and `.handle(...)`. */
export const Get: Start<'GET'> = (path) => start('request', 'GET', path) as never
/** Begins a route: `Post('/:task')`, then what comes in, `.returns(...)` and `.handle(...)`. */
export const Post: Start<'POST'> = (path) => start('request', 'POST', path) as never
/** Begins a route: `Put('/:task')`, then what comes in, `.returns(...)` and `.handle(...)`. */
export const Put: Start<'PUT'> = (path) => start('request', 'PUT', path) as never
/** Begins a route: `Patch('/:task')`, then what comes in, `.returns(...)` and `.handle(...)`. */
export const Patch: Start<'PATCH'> = (path) => start('request', 'PATCH', path) as never
/** Begins a route: `Delete('/:task')`, then what comes in, `.returns(...)` and `.handle(...)`. */
export const Delete: Start<'DELETE'> = (path) => start('request', 'DELETE', path) as never
/** Begins a route: `Head('/:task')`, then what comes in, `.returns(...)` and `.handle(...)`. */
export const Head: Start<'HEAD'> = (path) => start('request', 'HEAD', path) as never
/** Begins a route: `Options('/:task')`, then what comes in, `.returns(...)` and `.handle(...)`. */
export const Options: Start<'OPTIONS'> = (path) => start('request', 'OPTIONS', path) as never

/** Server-sent events: `SSE('/:order/events').handle(async function* ({ order, signal }) { yield { data } })`. */
export function SSE<const Path extends string>(
  path: Path & CheckedPath<Path>,
): EventsBuilder<Path, None, undefined, undefined, undefined, unknown> {
  return start('events', 'GET', path) as never
}

/** A WebSocket: `Ws('/rooms/:room').message(Chat).handle(({ messages, send }) => messages.each(async (message) => ...))`. */
export function Ws<const Path extends string>(
  path: Path & CheckedPath<Path>,
): SocketBuilder<Path, None, undefined, undefined, undefined, undefined, unknown> {
  return start('socket', 'GET', path) as never
}

type Draft = Omit<RouteDescription, 'handle'>

function start(kind: RouteDescription['kind'], method: Method, path: string): object {
  return builder({
    kind,
    method,
    path: checkPath(path),
    steps: [],
    returns: new Map(),
    documentation: {},
    deadline: undefined,
    message: undefined,
  })
}

/** One builder for all kinds: the types say which of its methods a kind has. */
function builder(draft: Draft): object {
  const step = (next: Draft['steps'][number]) => builder({ ...draft, steps: [...draft.steps, next] })
  return {
    types: (types: Readonly<Record<string, ParameterType>>) => step({ kind: 'types', types }),
    query: (schema: Schema) => step({ kind: 'query', schema }),
    headers: (schema: Schema) => step({ kind: 'headers', schema }),
    cookies: (schema: Schema) => step({ kind: 'cookies', schema }),
    body: (schema: Schema, { type = 'json', limit = DEFAULT_BODY_LIMIT }: BodyOptions = {}) =>
      step({ kind: 'body', schema, type, limit }),
    use: (middleware: Middleware<never, unknown>) => step({ kind: 'use', middleware }),
    guard: (...guards: readonly (Guard<never> | readonly GuardFunction<never>[])[]) =>
      step({ kind: 'guard', guards: guards.flat() }),
    returns: (status: number, schema?: Schema) =>
      builder({ ...draft, returns: new Map([...draft.returns, [status, schema]]) }),
    describe: (documentation: RouteDocumentation) =>
      builder({ ...draft, documentation: { ...draft.documentation, ...documentation } }),
    deadline: (milliseconds: number) => builder({ ...draft, deadline: milliseconds }),
    message: (message: Schema) => builder({ ...draft, message }),
    procedures: (make: (procedure: ReturnType<typeof startProcedure>) => Procedures) =>
      builder({ ...draft, message: callSchema, procedures: make(startProcedure()) }),
    handle: (handle: RouteDescription['handle'] = serveCalls) => ({
      transport: 'http',
      [routeDescription]: { ...draft, handle },
    }),
  }
}

/** A socket that does nothing but answer calls. */
function serveCalls({ serve }: { readonly serve: () => Promise<void> }): Promise<void> {
  return serve()
}
