/** For rooms that bring their own kinds of component (a process, an RPC controller): makes one, typed, from plain parts. */
import {
  componentMeta,
  type Component,
  type componentFacts,
  type ComponentMeta,
  type CreateContext,
  type Dependencies,
  type Self,
} from './component.ts'
import type { InjectedDependencies, injectedAs, LateNeed, Need } from './token.ts'

export interface InjectableFacts<Name, Injected> {
  readonly name: Name
  readonly requires: Need<Injected[keyof Injected]>
  readonly late: LateNeed<Injected[keyof Injected]>
  readonly provides: Self
  readonly binds: never
}

/** A component that is its own token; injecting it gives `Instance`. */
export interface InjectableComponent<Name, Injected, Instance> extends Component {
  readonly [componentFacts]: InjectableFacts<Name, Injected>
  readonly [injectedAs]: () => Instance
}

export interface ComponentDefinition<Name extends string, Injected, Instance> extends Omit<
  ComponentMeta,
  'name' | 'requires' | 'create' | 'kind'
> {
  /** What `container.components(kind)` finds it by. */
  readonly kind: string
  readonly name: Name
  readonly inject?: Injected
  readonly create: (
    dependencies: InjectedDependencies<Injected>,
    context: CreateContext,
  ) => Instance | Promise<Instance>
}

/** A component of a room's own kind. `members` are put on the object beside its description. */
export function defineComponent<const Name extends string, Injected, Instance, Members extends object = object>(
  definition: ComponentDefinition<Name, Injected, Instance>,
  members?: Members,
): InjectableComponent<Name, Injected, Instance> & Members {
  const { inject, create, ...rest } = definition
  const meta: ComponentMeta = {
    ...rest,
    requires: { ...(inject as Dependencies | undefined) },
    create: (dependencies, context) => create(dependencies as InjectedDependencies<Injected>, context),
  }
  return Object.assign({ ...members }, { [componentMeta]: meta }) as unknown as InjectableComponent<
    Name,
    Injected,
    Instance
  > &
    Members
}
