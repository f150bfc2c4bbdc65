/** What handlers, middleware and guards are given. */
import type { AnyModelClass, Reference } from '@justscale/core'
import type { Responder } from '../response/reply.ts'
import type { ParameterNames } from './path.ts'
import type { OutputOf, Schema } from './schema.ts'

/** What every handler, middleware and guard gets, besides what the route declares and middleware added. */
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

export type TypedParameter<Type> = Type extends AnyModelClass
  ? Reference<InstanceType<Type>>
  : Type extends Schema
    ? OutputOf<Type>
    : string

/** The entry of `.types` for a parameter: `order`, or `Order` for `:order` and `:orderRef`. */
type TypeOf<Name extends string, Types> = Name extends keyof Types
  ? Types[Name]
  : Capitalize<Name> extends keyof Types
    ? Types[Capitalize<Name>]
    : Name extends `${infer Base}Ref`
      ? Capitalize<Base> extends keyof Types
        ? Types[Capitalize<Base>]
        : undefined
      : undefined

export type PathContext<Path extends string, Types> = {
  readonly [Name in ParameterNames<Path>]: TypedParameter<TypeOf<Name, Types>>
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
