/** What a typed client knows of controllers: only their types, so `import type` is enough. */
import type { AnyModelClass, ControllerInstance, injectedAs, RefText, Reference, KeyOf } from '@justscale/core'
import type { EventMessage } from '../sse/event-message.ts'
import type { Reply } from '../response/reply.ts'
import type { HttpRoute, RouteTypes } from '../route/route.ts'
import type { ParameterNames } from '../route/path.ts'
import type { InputOf, OutputOf, Schema } from '../route/schema.ts'

/** A controller as the client sees it. */
export interface ClientController {
  readonly [injectedAs]: () => ControllerInstance
  readonly prefix: string
}

type RoutesOf<C> = C extends { readonly [injectedAs]: () => ControllerInstance<infer R> } ? R[keyof R] : never
type TypesOf<R> = R extends HttpRoute<infer Types> ? Types : never

type FullPath<Prefix, Path> = Prefix extends string
  ? Path extends '/'
    ? Prefix extends ''
      ? '/'
      : Prefix
    : Path extends string
      ? `${Prefix}${Path}`
      : never
  : never
/** The routes of a controller, or of several, with their whole path. */
type Endpoints<C> = C extends { readonly prefix: infer Prefix } ? Endpoint<Prefix, TypesOf<RoutesOf<C>>> : never
type Endpoint<Prefix, Types> = Types extends RouteTypes
  ? { readonly types: Types; readonly method: Types['method']; readonly fullPath: FullPath<Prefix, Types['path']> }
  : never

export type PathsOf<C, Method> = Extract<Endpoints<C>, { readonly method: Method }>['fullPath']
export type TypesAt<C, Method, Path> = Extract<
  Endpoints<C>,
  { readonly method: Method; readonly fullPath: Path }
>['types']

type EntryOf<Name extends string, Types> = Name extends keyof Types
  ? Types[Name]
  : Capitalize<Name> extends keyof Types
    ? Types[Capitalize<Name>]
    : Name extends `${infer Base}Ref`
      ? Capitalize<Base> extends keyof Types
        ? Types[Capitalize<Base>]
        : undefined
      : undefined
type ParameterInput<Type> = Type extends AnyModelClass
  ? RefText<KeyOf<InstanceType<Type>>> | Reference<InstanceType<Type>>
  : Type extends Schema
    ? InputOf<Type>
    : string | number

type Parameters_<Types> = Types extends RouteTypes
  ? Types['path'] extends string
    ? [ParameterNames<Types['path']>] extends [never]
      ? { readonly params?: undefined }
      : {
          readonly params: {
            readonly [Name in ParameterNames<Types['path']>]: ParameterInput<EntryOf<Name, Types['params']>>
          }
        }
    : never
  : never
type Part<Name extends string, S> = S extends Schema
  ? undefined extends InputOf<S>
    ? { readonly [Key in Name]?: InputOf<S> }
    : { readonly [Key in Name]: InputOf<S> }
  : { readonly [Key in Name]?: undefined }
type QueryPart<S> = S extends Schema
  ? Record<never, never> extends InputOf<S>
    ? { readonly query?: InputOf<S> }
    : { readonly query: InputOf<S> }
  : { readonly query?: Readonly<Record<string, string>> }

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export type CallInput<Types> = Types extends RouteTypes
  ? Parameters_<Types> & QueryPart<Types['query']> & Part<'body', Types['body']> & CallOptions
  : never

/** The input can be left out where nothing in it is required. */
export type CallArguments<Types> =
  Record<never, never> extends CallInput<Types>
    ? readonly [input?: CallInput<Types>]
    : readonly [input: CallInput<Types>]

type Success = 200 | 201 | 202 | 203 | 206
export type CallResult<Types> = Types extends RouteTypes
  ? [Extract<keyof Types['returns'], number>] extends [never]
    ? Jsonified<Exclude<Types['result'], Reply | Response | void>>
    : SuccessOutput<Types['returns']>
  : never
type SuccessOutput<Returns> =
  | { [Status in Extract<keyof Returns, Success>]: OutputOf<Returns[Status]> }[Extract<keyof Returns, Success>]
  | (204 extends keyof Returns ? undefined : never)

/** A value as it is after JSON. */
export type Jsonified<Value> = Value extends { toJSON(): infer Json }
  ? Jsonified<Json>
  : Value extends (...args: never) => unknown
    ? never
    : Value extends readonly (infer Element)[]
      ? Jsonified<Element>[]
      : Value extends object
        ? { [Name in keyof Value]: Jsonified<Value[Name]> }
        : Value

export type EventAt<Types> = Types extends RouteTypes
  ? Types['result'] extends EventMessage
    ? Types['result']
    : EventMessage
  : never
