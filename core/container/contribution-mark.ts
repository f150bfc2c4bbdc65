/** What marks a contribution token, at run time and for the types. */

export const contributionMeta: unique symbol = Symbol('justscale.contribution')

export interface ContributionMark {
  readonly [contributionMeta]: {
    readonly name: string
    readonly aggregate: (items: readonly never[]) => unknown
  }
}

export function isContributionToken(value: unknown): value is ContributionMark {
  return typeof value === 'function' && contributionMeta in value
}
