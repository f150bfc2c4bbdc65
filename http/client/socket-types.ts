/** What a typed client knows of a WebSocket route. */
import type { Procedure, ProcedureTypes } from '../websocket/procedure.ts'
import type { RouteTypes } from '../route/route.ts'
import type { InputOf, OutputOf, Schema } from '../route/schema.ts'
import type { Jsonified } from './client-types.ts'

/** An open socket. */
export interface SocketClient<Types> {
  /** The route's procedures: a reply, or an async iterable where the procedure is a generator. */
  readonly call: CallsOf<Types>
  /** Sends a message, for routes that take messages. */
  readonly send: (message: Types extends RouteTypes ? Types['result'] : never) => void
  /** What the server sends unasked. One reader; ends when the socket closes. */
  readonly messages: AsyncIterable<unknown>
  readonly close: (code?: number, reason?: string) => void
  /** Resolves when the socket has closed, from whichever side. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

type CallsOf<Types> = Types extends { readonly returns: infer Named }
  ? { readonly [Name in keyof Named]: CallOf<Named[Name]> }
  : never

type CallOf<P> =
  P extends Procedure<infer Types extends ProcedureTypes>
    ? (...input: InputArguments<Types['input']>) => ResultOf<Types>
    : never

type InputArguments<Input> = Input extends Schema
  ? undefined extends InputOf<Input>
    ? readonly [input?: InputOf<Input>]
    : readonly [input: InputOf<Input>]
  : readonly []

type ResultOf<Types extends ProcedureTypes> =
  Types['result'] extends AsyncIterable<infer Item>
    ? AsyncIterableIterator<ShownBy<Types['returns'], Item>>
    : Promise<ShownBy<Types['returns'], Awaited<Types['result']>>>

/** A value as it is after the schema and JSON. */
type ShownBy<Returns, Value> = Returns extends Schema ? OutputOf<Returns> : Jsonified<Value>
