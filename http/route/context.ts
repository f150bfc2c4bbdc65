/** What handlers, middleware and guards are given. */
import type { AnyModelClass, Reference } from '@justscale/core'
import type { Responder } from '../response/reply.ts'
import type { ParameterNames } from './path.ts'
import type { OutputOf, Schema } from './schema.ts'

export interface RequestContext {
  readonly request: Request
  readonly url: URL
  /** Path parameters as text, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Aborted when the client is gone, the route's deadline has passed, or the server stops. */
  readonly signal: AbortSignal
  /** Also in the answer's `x-request-id` and in every log line. */
  readonly requestId: string
  /** Address of the client: of the peer, or what a trusted proxy says. Empty without a socket. */
  readonly clientAddress: string
}

/** A query that no schema checks: repeated keys are lists. */
export type PlainQuery = Readonly<Record<string, string | readonly string[]>>

export type Parsed<S, Plain> = S extends Schema ? OutputOf<S> : Plain

export type TypedParameter<Type> = Type extends AnyModelClass ? Reference<InstanceType<Type>> : Type extends Schema ? OutputOf<Type> : string

export type PathContext<Path extends string, Types> = {
  readonly [Name in ParameterNames<Path>]: Name extends keyof Types ? TypedParameter<Types[Name]> : string
}

/** The context after the steps declared so far. */
export type Context<Path extends string, Types, Query, Body, Headers_, Cookies, Returns, Added> = RequestContext &
  PathContext<Path, Types> & {
    readonly query: Parsed<Query, PlainQuery>
    readonly body: Parsed<Body, undefined>
    readonly headers: Parsed<Headers_, Headers>
    readonly cookies: Parsed<Cookies, Readonly<Record<string, string>>>
    readonly res: Responder<Returns>
  } & Added
