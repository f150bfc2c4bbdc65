/**
 * Controllers: routes of any transport that share what they inject. `createController('/orders', { inject, routes })` knows
 * nothing of HTTP; transports find their routes through the container. Contract-first transports (RPC) plug into
 * `createController.implements(Contract)` by giving their contracts the `implementContract` symbol.
 */
import {
  componentMeta,
  type Component,
  type componentFacts,
  type Dependencies,
  type Self,
} from '../container/component.ts'
import type { InjectedDependencies, injectedAs, LateNeed, Need } from '../container/token.ts'
import type { ControllerInstance, Route, Routes } from './route.ts'

export interface ControllerFacts<Name, Injected> {
  readonly name: Name
  readonly requires: Need<Injected[keyof Injected]>
  readonly late: LateNeed<Injected[keyof Injected]>
  readonly provides: Self
  readonly binds: never
}

export interface Controller<Prefix extends string, Injected, R extends Routes> extends Component {
  readonly [componentFacts]: ControllerFacts<Prefix, Injected>
  readonly [injectedAs]: () => ControllerInstance<R>
  /** For types only: what a typed client reads. */
  readonly prefix: Prefix
}

export interface ControllerDefinition<Injected, R extends Routes> {
  readonly name?: string
  readonly inject?: Injected
  /** Called once per app with what is injected. */
  readonly routes: (dependencies: InjectedDependencies<Injected>) => R
}

/** On a contract: how its transport turns `implements(Contract)` into what has the `create` method. */
export const implementContract: unique symbol = Symbol('justscale.implementContract')

export interface Implementable<Implementer> {
  readonly [implementContract]: () => Implementer
}

export interface CreateController {
  <const Prefix extends string, Injected = unknown, R extends Routes = Routes>(
    prefix: Prefix,
    definition: ControllerDefinition<Injected, R>,
  ): Controller<Prefix, Injected, R>
  <Injected = unknown, R extends Routes = Routes>(
    definition: ControllerDefinition<Injected, R>,
  ): Controller<'', Injected, R>
  /** Starts a controller that must implement every method of a contract. */
  implements<Implementer>(contract: Implementable<Implementer>): Implementer
}

/**
 * A component with routes: `createController('/tasks', { inject, routes })`. `createController.implements(contract)` begins one whose
 * routes a contract prescribes, such as an imported `.proto` service.
 */
export const createController: CreateController = Object.assign(
  (first: string | ControllerDefinition<unknown, Routes>, second?: ControllerDefinition<unknown, Routes>) => {
    const prefix = typeof first === 'string' ? first : ''
    const definition = typeof first === 'string' ? second : first
    if (definition === undefined) throw new TypeError(`createController('${prefix}') needs { inject, routes }`)
    return makeController(prefix, definition) as never
  },
  { implements: <Implementer>(contract: Implementable<Implementer>): Implementer => contract[implementContract]() },
)

function makeController(prefix: string, definition: ControllerDefinition<unknown, Routes>): object {
  const name = definition.name ?? (prefix === '' ? 'controller' : `controller ${prefix}`)
  const routes = definition.routes as (dependencies: Dependencies) => Readonly<Record<string, Route>>
  return {
    prefix,
    [componentMeta]: {
      kind: 'controller',
      name,
      requires: { ...(definition.inject as Dependencies | undefined) },
      create: (dependencies: Dependencies): ControllerInstance => ({
        name,
        prefix,
        routes: Object.freeze(routes(dependencies)),
      }),
    },
  }
}
