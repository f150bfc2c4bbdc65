/**
 * Contributions: a token that many components add to. `class Routes extends defineContribution<Route[]>('Routes') {}`
 * stands for the list of everything contributed, in the order of `.add`; with nobody contributing the list is empty.
 */
import { DefinitionError } from '../errors.ts'
import { componentMeta, type Component, type componentFacts } from './component.ts'
import { contributionMeta, type ContributionMark } from './contribution-mark.ts'
import type { InjectedDependencies, LateNeed, Need } from './token.ts'

export type { ContributionMark } from './contribution-mark.ts'

/** The class that a contribution token extends. Injecting it gives `readonly Item[]`, or what `aggregate` makes of it. */
export type ContributionToken<Item, Aggregate> = ContributionMark & {
  readonly contributionItem?: (item: Item) => Item
} & (abstract new (...args: never) => Aggregate)

/** A token that collects contributions of `Item`. */
export function defineContribution<Item>(name: string): ContributionToken<Item, readonly Item[]>
/** A token that collects contributions of `Item` and makes one thing of them. */
export function defineContribution<Item, Aggregate extends object>(
  name: string,
  options: { readonly aggregate: (items: readonly Item[]) => Aggregate },
): ContributionToken<Item, Aggregate>
export function defineContribution<Item, Aggregate>(
  name: string,
  options?: { readonly aggregate: (items: readonly Item[]) => Aggregate },
): ContributionToken<Item, Aggregate> {
  abstract class Contribution {
    static readonly [contributionMeta] = { name, aggregate: options?.aggregate ?? ((items: readonly Item[]) => items) }

    constructor() {
      throw new DefinitionError(
        `${name} is a contribution token: inject it, or add to it with createContribution(${name}, ...)`,
      )
    }
  }
  return Contribution as unknown as ContributionToken<Item, Aggregate>
}

export interface ContributionFacts<Injected> {
  readonly name: string
  readonly requires: Need<Injected[keyof Injected]>
  readonly late: LateNeed<Injected[keyof Injected]>
  readonly provides: never
  readonly binds: never
}

export interface ContributionComponent<Injected> extends Component {
  readonly [componentFacts]: ContributionFacts<Injected>
}

type ItemOf<Token> = Token extends { readonly contributionItem?: (item: infer Item) => unknown } ? Item : never

/** A component that adds one item to a contribution token. */
export function createContribution<Token extends ContributionMark, Injected = unknown>(
  token: Token,
  options: {
    readonly inject?: Injected
    readonly factory: (dependencies: InjectedDependencies<Injected>) => ItemOf<Token> | Promise<ItemOf<Token>>
  },
): ContributionComponent<Injected> {
  const factory = options.factory as (dependencies: unknown) => unknown
  const component = {
    [componentMeta]: {
      kind: 'contribution',
      name: `contribution to ${token[contributionMeta].name}`,
      requires: { ...(options.inject as Record<string, unknown> | undefined) },
      contributesTo: token as never,
      create: (dependencies: unknown) => factory(dependencies),
    },
  }
  return component as unknown as ContributionComponent<Injected>
}
