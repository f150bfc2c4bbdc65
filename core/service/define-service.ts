/**
 * Services: one instance per app (or per request), made by a factory from what it injects.
 * `class Billing extends defineService({ inject: { payments: Payments }, factory: ({ payments }) => ({...}) }) {}`.
 * Without a factory the class body is the service, and what it injects is on `this`.
 */
import {
  componentMeta,
  type componentFacts,
  type ComponentMeta,
  type CreateContext,
  type Dependencies,
  type Self,
} from '../container/component.ts'
import type { InjectedDependencies, LateNeed, Need, Resolve } from '../container/token.ts'
import { DefinitionError } from '../errors.ts'

/** A singleton would keep the first request's instance for ever: injecting a request-scoped service into one is an error. */
export interface CaptiveDependencyError<Name> {
  readonly 'a singleton cannot inject a request-scoped service': Name
}

export interface ServiceFacts<Name, Injected, Scope> {
  readonly name: Name
  readonly requires: Need<Injected[keyof Injected]>
  readonly late: LateNeed<Injected[keyof Injected]>
  readonly provides: Self
  readonly binds: never
  readonly scope: Scope
}

export interface ServiceClass<Name, Injected, Instance, Scope> {
  new (): Instance
  readonly [componentMeta]: ComponentMeta
  readonly [componentFacts]: ServiceFacts<Name, Injected, Scope>
}

/** Nothing is of this type: it only carries what `this` is in the methods of an object that a factory writes. */
interface Nothing {
  readonly 'only for the types': never
}
type Made<Instance> = Instance | (Nothing & ThisType<Instance>)

export interface ServiceDefinition<Name extends string, Injected, Instance, Scope extends 'app' | 'request'> {
  /** Optional; the class name if left out. Two services of the same shape are the same type unless named. */
  readonly name?: Name
  readonly inject?: Injected & NoCaptives<Injected, Scope>
  /** `app` (default): one instance. `request`: one for each request, message, command or step. */
  readonly scope?: Scope
  /** Called once per instance; may be asynchronous. Methods of the object it gives may use `this`. */
  readonly factory?: (
    dependencies: InjectedDependencies<Injected>,
    resolve: Resolve,
  ) => Made<Instance> | Promise<Made<Instance>>
}

type NoCaptives<Injected, Scope> = Scope extends 'request'
  ? unknown
  : {
      readonly [Name in keyof Injected]: IsCaptive<Injected[Name]> extends true ? CaptiveDependencyError<Name> : unknown
    }
type IsCaptive<Token> = Token extends { readonly [componentFacts]: { readonly scope: 'request' } } ? true : false

/** The class for a service to extend. */
export function defineService<
  const Name extends string,
  Injected = unknown,
  Instance extends object = InjectedDependencies<Injected>,
  const Scope extends 'app' | 'request' = 'app',
>(definition: ServiceDefinition<Name, Injected, Instance, Scope>): ServiceClass<Name, Injected, Instance, Scope> {
  const { factory, scope = 'app' } = definition
  for (const [name, token] of Object.entries(definition.inject ?? {})) {
    if (token !== undefined && token !== null) continue
    throw new DefinitionError(`defineService({ inject: { ${name} } }): ${name} is ${token}`, {
      hint: `If it is imported from a file that imports this one, write \`${name}: lazy(() => ...)\`.`,
    })
  }
  const meta: ComponentMeta = {
    kind: 'service',
    name: definition.name ?? '',
    scope,
    requires: { ...(definition.inject as Dependencies | undefined) },
  }
  class Service {
    static readonly [componentMeta]: ComponentMeta = meta

    constructor(maker?: symbol) {
      if (maker !== made) {
        throw new DefinitionError(`new ${new.target.name || 'Service'}(): services are made by the app`, {
          hint: 'Inject it, or ask `await app.resolve(...)`.',
        })
      }
    }

    static async [makeService](dependencies: Dependencies, context: CreateContext): Promise<unknown> {
      if (factory === undefined) return Object.assign(new this(made), dependencies)
      const instance = await factory(dependencies as InjectedDependencies<Injected>, context.resolve)
      return adopted(instance, this.prototype)
    }
  }
  return Service as unknown as ServiceClass<Name, Injected, Instance, Scope>
}

const made = Symbol('made by the app')
export const makeService: unique symbol = Symbol('justscale.makeService')

/** A service class's way to make its instance; `undefined` for other components. */
export function serviceMaker(token: unknown): ComponentMeta['create'] | undefined {
  if (typeof token !== 'function' || !(makeService in token)) return undefined
  const service = token as unknown as Record<typeof makeService, NonNullable<ComponentMeta['create']>>
  return (dependencies, context) => service[makeService](dependencies, context)
}

/** A plain object becomes an instance of the service class, so that `instanceof` and methods of the class body work. */
function adopted(instance: object, prototype: object): object {
  const plain = Object.getPrototypeOf(instance) === Object.prototype && Object.isExtensible(instance)
  return plain ? (Object.setPrototypeOf(instance, prototype) as object) : instance
}
