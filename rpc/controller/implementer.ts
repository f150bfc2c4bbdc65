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
import type { AnyModelClass, ModelClassOf, Reference } from '@justscale/core'
import { ContractError } from '../errors.ts'
import type { AnyContract, MethodHandlers, OnlyKnown, RpcContext } from './method-type.ts'

/** Runs before the method. What it returns is added to the context; throwing (a GrpcError) denies the call. */
export type RpcMiddleware<Needs, Added> = (context: RpcContext & Needs) => Added | Promise<Added>

export type ReferenceTypes<Models> = {
  readonly [Name in keyof Models]: Models[Name] extends ModelClassOf<infer Entity> ? Reference<Entity> : never
}

export interface RpcImplementer<Contract extends AnyContract, Added, Refs> {
  /** Middleware and guards, in the order in which they are declared. */
  use<More extends object | void>(
    middleware: RpcMiddleware<Added, More>,
  ): RpcImplementer<Contract, Added & (More extends object ? More : unknown), Refs>
  /** The models that `(justscale.ref)` names in the proto: their fields arrive as references. */
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
  readonly middleware: readonly RpcMiddleware<unknown, object | void>[]
  readonly models: Readonly<Record<string, AnyModelClass>>
  readonly handle: (context: never) => unknown
}

interface Draft {
  readonly service: DescService
  readonly middleware: readonly RpcMiddleware<unknown, object | void>[]
  readonly models: Readonly<Record<string, AnyModelClass>>
}

export function rpcImplementer<Contract extends AnyContract>(
  contract: Contract,
): RpcImplementer<Contract, unknown, Record<never, never>> {
  const service = contract as unknown as DescService
  return implementer({ service, middleware: [], models: {} }) as RpcImplementer<Contract, unknown, Record<never, never>>
}

function implementer(draft: Draft): unknown {
  return {
    use: (middleware: RpcMiddleware<unknown, object | void>) =>
      implementer({ ...draft, middleware: [...draft.middleware, middleware] }),
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
