/**
 * A component is whatever `.add()` takes: a service class, a binding, a feature, a controller, a process. It carries one
 * symbol with its run-time description and one (of types only) with the facts that the builder checks. Each fact is an
 * interface member, so that reading one does not resolve the others: that is what lets `lazy` edges close cycles.
 */
import type { Application } from '../app/application.ts'
import type { AnyToken, Resolve } from './token.ts'

export const componentMeta: unique symbol = Symbol('justscale.component')
export declare const componentFacts: unique symbol

/** Stands for the component itself in its `provides` fact. */
export interface Self {
  readonly 'the component itself': true
}

export interface ComponentFacts {
  /** Literal where a name was given. */
  readonly name: unknown
  /** Union of the tokens that must be provided before. */
  readonly requires: unknown
  /** Union of tokens that must be provided by the time of `build()`: lazy edges, services of models. */
  readonly late: unknown
  /** Union of the tokens it provides; `Self` for itself. */
  readonly provides: unknown
  /** Tokens of `provides` that no other component may provide too. */
  readonly binds: unknown
}

export interface Component {
  readonly [componentMeta]: ComponentMeta
  readonly [componentFacts]: ComponentFacts
}

export type Dependencies = Readonly<Record<string, unknown>>

/** Given to `create` besides the dependencies. */
export interface CreateContext {
  readonly resolve: Resolve
  /** The app that the instance belongs to. */
  readonly app: Application<unknown>
  /** The component's name, as logs and messages print it. */
  readonly name: string
  /** Who asked first: its name, for instances made per consumer (loggers). */
  readonly consumer: string
}

export type HookContext = Pick<CreateContext, 'resolve' | 'app'>
export type Hook = (context: HookContext) => void | Promise<void>

/** The run-time description of a component. */
export interface ComponentMeta {
  /** `service`, `binding`, `contribution`, `feature`, `controller`, `process`, `app`, or a room's own word. */
  readonly kind: string
  readonly name: string
  /** `inject` as written: tokens, and `lazy(...)` around some. */
  readonly requires: Dependencies
  /** Needed only once the app runs: services of models. */
  readonly late?: Dependencies
  /** The tokens it is found under; itself if left out. */
  readonly provides?: readonly unknown[]
  /** `app`: one instance (default). `request`: one per cell. `consumer`: one per component that injects it. */
  readonly scope?: Scope
  /** The instance is not the app's: it does not dispose of it at stop. */
  readonly borrowed?: boolean
  /** For a contribution: the token it adds to. */
  readonly contributesTo?: AnyToken
  /** Components that come with this one. */
  readonly parts?: readonly Component[]
  readonly onStart?: readonly Hook[]
  /** Run after `onStart`, and not where the app is started for a command: listening on a port, for example. */
  readonly onServe?: readonly Hook[]
  readonly onStop?: readonly Hook[]
  /** Makes the instance; features and the like have none. */
  readonly create?: (dependencies: Dependencies, context: CreateContext) => unknown
  /** What the room that made the component keeps with it: a process definition, a route prefix. */
  readonly detail?: unknown
}

export type Scope = 'app' | 'request' | 'consumer'

export type RequiresOf<C> = C extends { readonly [componentFacts]: { readonly requires: infer Requires } }
  ? Requires
  : never
export type LateOf<C> = C extends { readonly [componentFacts]: { readonly late: infer Late } } ? Late : never
export type BindsOf<C> = C extends { readonly [componentFacts]: { readonly binds: infer Binds } } ? Binds : never
/**
 * Says what a component provides by a parameter, so that one which provides more fits where less is asked for: what
 * environments promise an app.
 */
export declare const providesAtLeast: unique symbol

export type ProvidesOf<C> = C extends { readonly [providesAtLeast]: (token: infer Provides) => void }
  ? Provides
  : C extends { readonly [componentFacts]: { readonly provides: infer Provides } }
    ? ReplaceSelf<Provides, C>
    : never
type ReplaceSelf<Provides, C> = Provides extends Self ? C : Provides

/** The name if it is a literal, else the component's type: `typeof AuthFeature`. */
export type NameOf<C> = C extends { readonly [componentFacts]: { readonly name: infer Name } }
  ? Name extends string
    ? string extends Name
      ? C
      : Name
    : C
  : C

export function isComponent(value: unknown): value is Component {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && componentMeta in value
}

/** The description with the name filled in: class-style components are called as their class. */
export function describe(component: Component): ComponentMeta {
  const meta = component[componentMeta]
  if (meta.name !== '') return meta
  const name = typeof component === 'function' ? (component as { readonly name: string }).name : ''
  return { ...meta, name: name === '' ? `unnamed ${meta.kind}` : name }
}
