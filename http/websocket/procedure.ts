/**
 * Procedures: named calls over a WebSocket, with replies, in the context of its route. `Ws('/rooms/:room').types({ Room })
 * .procedures((procedure) => ({ say: procedure.input(Say).handle(({ room, input }) => ...) })).handle()`. A client calls them by
 * name; a generator answers with a stream.
 */
import type { Awaitable } from '../middleware/create-middleware.ts'
import type { InputOf, OutputOf, Schema } from '../route/schema.ts'

export const procedureDescription: unique symbol = Symbol('justscale.http.procedure')
export declare const procedureTypes: unique symbol

export interface ProcedureDescription {
  readonly input: Schema | undefined
  readonly returns: Schema | undefined
  readonly handle: (context: never) => unknown
}

/** For types only: what a typed client knows of one. */
export interface ProcedureTypes {
  readonly input: unknown
  readonly returns: unknown
  /** What the handler gives: a value, or an async iterable for a stream. */
  readonly result: unknown
}

export interface Procedure<Types = ProcedureTypes> {
  readonly [procedureDescription]: ProcedureDescription
  readonly [procedureTypes]?: Types
}

/** By the names that clients call them. */
export type Procedures = Readonly<Record<string, Procedure>>

type Answer<Returns> = Returns extends Schema ? Awaitable<InputOf<Returns>> | AsyncIterable<InputOf<Returns>> : unknown

/** What a procedure's handler gets besides the context of its socket. */
export interface CallContext<Input> {
  readonly input: Input extends Schema ? OutputOf<Input> : undefined
  /** Aborted when the client has cancelled the call or is gone. */
  readonly signal: AbortSignal
}

/** Immutable: each call gives a new builder. */
export interface ProcedureBuilder<Context, Input = undefined, Returns = undefined> {
  /** What the client sends; anything else is answered with 422. */
  input<S extends Schema>(schema: S): ProcedureBuilder<Context, S, Returns>
  /** What the reply, or each item of a stream, is made by. */
  returns<S extends Schema>(schema: S): ProcedureBuilder<Context, Input, S>
  /** Runs in a cell of its own; the reply leaves when what it did is committed. Of a stream every item is a cell. */
  handle<Result extends Answer<Returns>>(
    handler: (context: Omit<Context, 'signal'> & CallContext<Input>) => Result,
  ): Procedure<{ readonly input: Input; readonly returns: Returns; readonly result: Result }>
}

/** The builder that `.procedures` hands out; the types say in what context. */
export function startProcedure(): ProcedureBuilder<unknown> {
  return builder({ input: undefined, returns: undefined }) as ProcedureBuilder<unknown>
}

type Draft = Omit<ProcedureDescription, 'handle'>

function builder(draft: Draft): object {
  return {
    input: (input: Schema) => builder({ ...draft, input }),
    returns: (returns: Schema) => builder({ ...draft, returns }),
    handle: (handle: ProcedureDescription['handle']): Procedure => ({ [procedureDescription]: { ...draft, handle } }),
  }
}
