/**
 * The builders behind `Get`, `SSE` and `Ws`. Immutable: each call gives a new builder. Each type parameter is a schema or a
 * set of them, opened only in the context and by the client.
 */
import type { AddedBy, Guard, Middleware } from '../middleware/create-middleware.ts'
import type { Answer, Awaitable } from '../middleware/create-middleware.ts'
import type { InputOf, OutputOf, Schema } from './schema.ts'
import type { Context } from './context.ts'
import type { ParameterNames } from './path.ts'
import type { SuccessInput } from '../response/reply.ts'
import type { BodyOptions, HttpRoute, ParameterType, RouteDocumentation } from './route.ts'
import type { EventMessage } from '../sse/event-message.ts'
import type { ProcedureBuilder, Procedures } from '../websocket/procedure.ts'
import type { SocketContext } from '../websocket/socket-context.ts'

export interface NotInPathError<Name, Path> {
  readonly 'this is no parameter of the path': readonly [Name, Path]
}

/** `order` and `Order` for `:order`; `orderRef` and `Order` for `:orderRef`. */
type TypeNames<Name extends string> =
  Name | Capitalize<Name> | (Name extends `${infer Base}Ref` ? Capitalize<Base> : never)

type CheckedTypes<Path extends string, Types> = {
  readonly [Name in keyof Types]: Name extends TypeNames<ParameterNames<Path>>
    ? ParameterType
    : NotInPathError<Name, Path>
}

export type Declared<Returns, Status extends number, S> = Returns & { readonly [Key in Status]: S }

type ClientTypes<Method, Path, Types, Query, Body, Returns, Result> = {
  readonly method: Method
  readonly path: Path
  readonly params: Types
  readonly query: Query
  readonly body: Body
  readonly returns: Returns
  readonly result: Result
}

/** A route that answers requests. */
export interface RequestBuilder<Method, Path extends string, Types, Query, Body, Headers_, Cookies, Returns, Added> {
  /** Path parameters, by name or by model (`{ Order }` for `:order` or `:orderRef`): a model gives a reference, a schema its output. */
  types<const More extends Readonly<Record<string, unknown>>>(
    types: More & CheckedTypes<Path, More>,
  ): RequestBuilder<Method, Path, Types & More, Query, Body, Headers_, Cookies, Returns, Added>
  query<S extends Schema>(schema: S): RequestBuilder<Method, Path, Types, S, Body, Headers_, Cookies, Returns, Added>
  body<S extends Schema>(
    schema: S,
    options?: BodyOptions,
  ): RequestBuilder<Method, Path, Types, Query, S, Headers_, Cookies, Returns, Added>
  /** Header names are in lower case. */
  headers<S extends Schema>(schema: S): RequestBuilder<Method, Path, Types, Query, Body, S, Cookies, Returns, Added>
  cookies<S extends Schema>(schema: S): RequestBuilder<Method, Path, Types, Query, Body, Headers_, S, Returns, Added>
  use<Result>(
    middleware: Middleware<Context<Path, Types, Query, Body, Headers_, Cookies, Returns, Added>, Result>,
  ): RequestBuilder<Method, Path, Types, Query, Body, Headers_, Cookies, Returns, Added & AddedBy<Result>>
  /** Several guards: one that passes is enough. */
  guard(
    ...guards: readonly Guard<Context<Path, Types, Query, Body, Headers_, Cookies, Returns, Added>>[]
  ): RequestBuilder<Method, Path, Types, Query, Body, Headers_, Cookies, Returns, Added>
  /** Declares an answer. What the handler gives is checked by the schema, and what the schema makes of it is sent. */
  returns<const Status extends number>(
    status: Status,
  ): RequestBuilder<Method, Path, Types, Query, Body, Headers_, Cookies, Declared<Returns, Status, undefined>, Added>
  returns<const Status extends number, S extends Schema>(
    status: Status,
    schema: S,
  ): RequestBuilder<Method, Path, Types, Query, Body, Headers_, Cookies, Declared<Returns, Status, S>, Added>
  describe(
    documentation: RouteDocumentation,
  ): RequestBuilder<Method, Path, Types, Query, Body, Headers_, Cookies, Returns, Added>
  /** Milliseconds until the answer is 504; 0 for none. Default: the server's `requestTimeout`. */
  deadline(milliseconds: number): RequestBuilder<Method, Path, Types, Query, Body, Headers_, Cookies, Returns, Added>
  /** What it returns is the answer; see `res` for the rest. */
  handle<Result extends Awaitable<SuccessInput<Returns> | Answer | void>>(
    handler: (context: Context<Path, Types, Query, Body, Headers_, Cookies, Returns, Added>) => Result,
  ): HttpRoute<ClientTypes<Method, Path, Types, Query, Body, Returns, Awaited<Result>>>
}

/** A route that streams server-sent events. Its guards run before the headers: a denial has its real status. */
export interface EventsBuilder<Path extends string, Types, Query, Headers_, Cookies, Added> {
  types<const More extends Readonly<Record<string, unknown>>>(
    types: More & CheckedTypes<Path, More>,
  ): EventsBuilder<Path, Types & More, Query, Headers_, Cookies, Added>
  query<S extends Schema>(schema: S): EventsBuilder<Path, Types, S, Headers_, Cookies, Added>
  headers<S extends Schema>(schema: S): EventsBuilder<Path, Types, Query, S, Cookies, Added>
  cookies<S extends Schema>(schema: S): EventsBuilder<Path, Types, Query, Headers_, S, Added>
  use<Result>(
    middleware: Middleware<
      Context<Path, Types, Query, undefined, Headers_, Cookies, Record<never, never>, Added>,
      Result
    >,
  ): EventsBuilder<Path, Types, Query, Headers_, Cookies, Added & AddedBy<Result>>
  guard(
    ...guards: readonly Guard<Context<Path, Types, Query, undefined, Headers_, Cookies, Record<never, never>, Added>>[]
  ): EventsBuilder<Path, Types, Query, Headers_, Cookies, Added>
  describe(documentation: RouteDocumentation): EventsBuilder<Path, Types, Query, Headers_, Cookies, Added>
  /** Yields events until it returns or the client is gone. `lastEventId` is where a client that was cut off resumes. */
  handle<Event extends EventMessage>(
    handler: (
      context: Context<Path, Types, Query, undefined, Headers_, Cookies, Record<never, never>, Added> & {
        readonly lastEventId: string | undefined
      },
    ) => AsyncIterable<Event>,
  ): HttpRoute<ClientTypes<'SSE', Path, Types, Query, undefined, unknown, Event>>
}

/** A WebSocket route. Its steps run before the handshake: a denial has its real status. */
export interface SocketBuilder<Path extends string, Types, Query, Headers_, Cookies, Message, Added> {
  types<const More extends Readonly<Record<string, unknown>>>(
    types: More & CheckedTypes<Path, More>,
  ): SocketBuilder<Path, Types & More, Query, Headers_, Cookies, Message, Added>
  query<S extends Schema>(schema: S): SocketBuilder<Path, Types, S, Headers_, Cookies, Message, Added>
  headers<S extends Schema>(schema: S): SocketBuilder<Path, Types, Query, S, Cookies, Message, Added>
  cookies<S extends Schema>(schema: S): SocketBuilder<Path, Types, Query, Headers_, S, Message, Added>
  use<Result>(
    middleware: Middleware<
      Context<Path, Types, Query, undefined, Headers_, Cookies, Record<never, never>, Added>,
      Result
    >,
  ): SocketBuilder<Path, Types, Query, Headers_, Cookies, Message, Added & AddedBy<Result>>
  guard(
    ...guards: readonly Guard<Context<Path, Types, Query, undefined, Headers_, Cookies, Record<never, never>, Added>>[]
  ): SocketBuilder<Path, Types, Query, Headers_, Cookies, Message, Added>
  describe(documentation: RouteDocumentation): SocketBuilder<Path, Types, Query, Headers_, Cookies, Message, Added>
  /** What a client may send, as JSON. Anything else is answered with an error message and not seen by the handler. */
  message<S extends Schema>(schema: S): SocketBuilder<Path, Types, Query, Headers_, Cookies, S, Added>
  /** Calls by name, with replies, in place of messages. Each runs in a cell of its own, side by side with the others. */
  procedures<P extends Procedures>(
    make: (
      procedure: ProcedureBuilder<
        Context<Path, Types, Query, undefined, Headers_, Cookies, Record<never, never>, Added> & CallableContext
      >,
    ) => P,
  ): CallableBuilder<
    Path,
    Types,
    Query,
    Context<Path, Types, Query, undefined, Headers_, Cookies, Record<never, never>, Added> & CallableContext,
    P
  >
  /** Runs once per socket. When it returns the socket closes with 1000, when it throws with 1011. */
  handle(
    handler: (
      context: Context<Path, Types, Query, undefined, Headers_, Cookies, Record<never, never>, Added> &
        SocketContext<Message extends Schema ? OutputOf<Message> : unknown>,
    ) => Promise<void>,
  ): HttpRoute<
    ClientTypes<'WS', Path, Types, Query, undefined, unknown, Message extends Schema ? InputOf<Message> : unknown>
  >
}

/** What a socket that answers calls has of a socket: it reads its messages itself. */
type CallableContext = Omit<SocketContext<never>, 'messages'>

/** A WebSocket whose procedures are named; only the handler is missing. */
export interface CallableBuilder<Path extends string, Types, Query, SocketsContext, P> {
  /**
   * Runs once per socket and must call `serve()`, which answers calls until the socket is closed; without a handler that is all
   * there is to do. Besides, it may `send` what nobody has asked for.
   */
  handle(
    handler?: (context: SocketsContext & { readonly serve: () => Promise<void> }) => Promise<void>,
  ): HttpRoute<ClientTypes<'WS', Path, Types, Query, undefined, P, never>>
}
