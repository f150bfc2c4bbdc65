/** Routes as data: what the verbs' builders make and the router, the documentation and the client read. */
import type { AnyModelClass, Route } from '@justscale/core'
import type { Guard, Middleware } from '../middleware/create-middleware.ts'
import type { Procedures } from '../websocket/procedure.ts'
import type { Schema } from './schema.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'
export type RouteKind = 'request' | 'events' | 'socket'
export type BodyType = 'json' | 'form' | 'text' | 'bytes' | 'stream'
export type ParameterType = AnyModelClass | Schema

/** Of `.body(schema, ...)`. */
export interface BodyOptions {
  /**
   * `json` (default); `form` takes url-encoded and multipart forms; `text`; `bytes`. Another content type is 415.
   * `stream` reads nothing: the handler gets a `ReadableStream`, which fails with 413 beyond the limit.
   */
  readonly type?: BodyType
  /** Bytes; default 1 MiB. More is 413. */
  readonly limit?: number
}

/** One step of a chain, run in the order of declaration. */
export type Step =
  | { readonly kind: 'types'; readonly types: Readonly<Record<string, ParameterType>> }
  | { readonly kind: 'query' | 'headers' | 'cookies'; readonly schema: Schema }
  | { readonly kind: 'body'; readonly schema: Schema; readonly type: BodyType; readonly limit: number }
  | { readonly kind: 'use'; readonly middleware: Middleware<never, unknown> }
  | { readonly kind: 'guard'; readonly guards: readonly Guard<never>[] }

/** Of `.describe(...)`: what the OpenAPI document says of the route. */
export interface RouteDocumentation {
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly deprecated?: boolean
  /** Names of the document's security schemes, of which a caller needs one: the page then sends it. */
  readonly security?: readonly string[]
  /** Left out of the documentation. */
  readonly hidden?: boolean
}

export interface RouteDescription {
  readonly kind: RouteKind
  readonly method: Method
  readonly path: string
  readonly steps: readonly Step[]
  /** Declared answers by status; `undefined` has no body. */
  readonly returns: ReadonlyMap<number, Schema | undefined>
  readonly documentation: RouteDocumentation
  /** Milliseconds until 504; the server's if left out. */
  readonly deadline: number | undefined
  /** Schema of a message, for sockets. */
  readonly message: Schema | undefined
  /** What clients may call by name, for sockets that answer calls. */
  readonly procedures?: Procedures
  readonly handle: (context: never) => unknown
}

export const routeDescription: unique symbol = Symbol('justscale.http.route')
export declare const routeTypes: unique symbol

/** What a typed client reads of a route. */
export interface RouteTypes {
  readonly method: string
  readonly path: string
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly returns: unknown
  readonly result: unknown
}

export interface HttpRoute<Types = RouteTypes> extends Route {
  readonly transport: 'http'
  readonly [routeDescription]: RouteDescription
  readonly [routeTypes]?: Types
}

export function isHttpRoute(route: Route): route is HttpRoute {
  return routeDescription in route
}
