/**
 * `createController.implements(GreeterContract).create({ inject, methods })`: a controller whose methods are exactly those
 * of the contract. `use` adds middleware, `types` says which models the annotated fields of the messages refer to.
 */
import type { DescMethod, DescService } from '@bufbuild/protobuf'
import {
  defineComponent,
  type InjectableComponent,
  type InjectedDependencies,
  type ControllerInstance,
  type Route,
} from '@justscale/core'
import type { AnyModelClass, Guard, Middleware, ModelClassOf, Reference } from '@justscale/core'
import { ContractError } from '../errors.ts'
import { unknownFields } from './reference-fields.ts'
import type { AnyContract, MethodHandlers, OnlyKnown, RpcContext } from './method-type.ts'

/** Runs before the method. What it returns is added to the context; throwing (a GrpcError) denies the call. */
export type RpcMiddleware<Needs, Added> = Middleware<RpcContext & Needs, Added>

/** Runs before the method. Returning `false` denies the call with PERMISSION_DENIED, throwing a GrpcError with that. */
export type RpcGuard<Needs> = Guard<RpcContext & Needs>

export type ReferenceTypes<Models> = {
  readonly [Name in keyof Models]: Models[Name] extends ModelClassOf<infer Entity> ? Reference<Entity> : never
}

export interface RpcImplementer<Contract extends AnyContract, Added, Refs> {
  /** Middleware and guards run in the order in which they are declared. */
  use<More extends object | void>(
    middleware: RpcMiddleware<Added, More>,
  ): RpcImplementer<Contract, Added & (More extends object ? More : unknown), Refs>
  /** Several guards: one that passes is enough. */
  guard(...guards: readonly RpcGuard<Added>[]): RpcImplementer<Contract, Added, Refs>
  /**
   * The models that `(justscale.ref)` names in the proto: their fields arrive as references. A text field that is not
   * annotated is named by its message and itself: `{ 'orders.v1.PayRequest.orderId': Order }`; not one of a oneof.
   */
  types<const Models extends Readonly<Record<string, AnyModelClass>>>(
    models: Models,
  ): RpcImplementer<Contract, Added, Refs & ReferenceTypes<Models>>
  /** The controller. A method that is missing, or that the contract does not have, is a type error. */
  create<
    Injected = Record<never, never>,
    Methods extends MethodHandlers<Contract, Added, Refs> = MethodHandlers<Contract, Added, Refs>,
  >(
    definition: RpcControllerDefinition<Contract, Injected, Methods>,
  ): RpcController<Injected>
}

export interface RpcControllerDefinition<Contract extends AnyContract, Injected, Methods> {
  /** For logs and listings; default is the name of the service. */
  readonly name?: string
  readonly inject?: Injected
  /** Called once per app with what is injected. */
  readonly methods: (dependencies: InjectedDependencies<Injected>) => Methods & OnlyKnown<Contract, Methods>
}

export type RpcController<Injected> = InjectableComponent<string, Injected, ControllerInstance>

/** A method of a contract with its implementation. */
export interface RpcRoute extends Route {
  readonly transport: 'rpc'
  readonly service: DescService
  readonly method: DescMethod
  readonly steps: readonly RpcStep[]
  readonly models: Readonly<Record<string, AnyModelClass>>
  readonly handle: (context: never) => unknown
}

export type RpcStep =
  | { readonly kind: 'use'; readonly middleware: RpcMiddleware<unknown, object | void> }
  | { readonly kind: 'guard'; readonly guards: readonly RpcGuard<unknown>[] }

interface Draft {
  readonly service: DescService
  readonly steps: readonly RpcStep[]
  readonly models: Readonly<Record<string, AnyModelClass>>
}

export function rpcImplementer<Contract extends AnyContract>(
  contract: Contract,
): RpcImplementer<Contract, unknown, Record<never, never>> {
  const service = contract as unknown as DescService
  return implementer({ service, steps: [], models: {} }) as RpcImplementer<Contract, unknown, Record<never, never>>
}

function implementer(draft: Draft): unknown {
  return {
    use: (middleware: RpcMiddleware<unknown, object | void>) =>
      implementer({ ...draft, steps: [...draft.steps, { kind: 'use', middleware }] }),
    guard: (...guards: readonly RpcGuard<unknown>[]) =>
      implementer({ ...draft, steps: [...draft.steps, { kind: 'guard', guards }] }),
    types: (models: Draft['models']) => implementer({ ...draft, models: { ...draft.models, ...models } }),
    create: (definition: UntypedDefinition) => makeController(draft, definition),
  }
}

interface UntypedDefinition {
  readonly name?: string
  readonly inject?: Readonly<Record<string, never>>
  readonly methods: (dependencies: object) => Readonly<Record<string, unknown>>
}

function makeController(draft: Draft, definition: UntypedDefinition): unknown {
  const name = definition.name ?? draft.service.typeName
  return defineComponent({
    kind: 'controller',
    name,
    inject: definition.inject,
    detail: { contract: draft.service },
    create: (dependencies): ControllerInstance => ({
      name,
      prefix: `/${draft.service.typeName}`,
      routes: Object.freeze(makeRoutes(name, draft, definition.methods(dependencies as object))),
    }),
  })
}

/** The name of a method in the proto; protobuf-es makes its first letter small. */
export function methodName(method: DescMethod): string {
  return `${method.localName.charAt(0).toUpperCase()}${method.localName.slice(1)}`
}

function makeRoutes(name: string, draft: Draft, methods: Readonly<Record<string, unknown>>): Record<string, RpcRoute> {
  const routes: Record<string, RpcRoute> = {}
  const known = draft.service.methods.map(methodName)
  const unknown = Object.keys(methods).filter((method) => !known.includes(method))
  const missing = known.filter((method) => typeof methods[method] !== 'function')
  if (missing.length > 0 || unknown.length > 0) throw contractError(name, draft.service, missing, unknown)
  const [wrong] = unknownFields(draft.service, draft.models)
  if (wrong !== undefined) throw fieldError(name, draft.service, wrong)
  for (const method of draft.service.methods) {
    const handle = methods[methodName(method)] as RpcRoute['handle']
    routes[methodName(method)] = {
      transport: 'rpc',
      ...draft,
      method,
      handle: (context) => handle.call(methods, context),
    }
  }
  return routes
}

function contractError(name: string, service: DescService, missing: readonly string[], unknown: readonly string[]) {
  const parts = [
    ...(missing.length > 0 ? [`does not implement ${missing.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`has ${unknown.join(', ')}, which the contract does not have`] : []),
  ]
  const hint = `The methods of ${service.typeName} are ${service.methods.map(methodName).join(', ')}.`
  return new ContractError(`The controller "${name}" of ${service.typeName} ${parts.join(' and ')}`, { hint })
}

function fieldError(name: string, service: DescService, field: string) {
  const text = `The controller "${name}" of ${service.typeName} says what "${field}" refers to, which is no such text field`
  const hint = 'A field is named as in "orders.v1.PayRequest.orderId", as TypeScript spells it, and is in no oneof.'
  return new ContractError(text, { hint })
}
