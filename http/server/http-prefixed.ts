/** `httpPrefixed('/admin', adminApp)`: a sub-app whose routes all start with a path. */
import { componentMeta, type Application, type Component, type SubAppEntry, type SubApplication } from '@justscale/core'

const httpPrefix: unique symbol = Symbol('justscale.http.prefix')

interface PrefixWrapper {
  readonly [httpPrefix]: string
}

/** The same sub-app under a path; add it as the sub-app would be added. Prefixes nest. */
export function httpPrefixed<Provided, Needed>(
  prefix: string,
  app: SubApplication<Provided, Needed>,
): SubApplication<Provided, Needed>
export function httpPrefixed<Provided>(prefix: string, app: Application<Provided>): SubApplication<Provided, never>
export function httpPrefixed(prefix: string, app: object): object {
  const meta = (app as Component)[componentMeta]
  const { wrappers, ...detail } = meta.detail as SubAppEntry
  const wrapper: PrefixWrapper = { [httpPrefix]: prefix }
  const wrapped = { ...meta, detail: { ...detail, wrappers: [wrapper, ...wrappers] } satisfies SubAppEntry }
  return Object.create(app, { [componentMeta]: { value: wrapped } }) as object
}

/** The path that all wrappers together put before a sub-app's routes. */
export function prefixOf(wrappers: readonly unknown[]): string {
  return wrappers
    .filter(isPrefix)
    .map((wrapper) => wrapper[httpPrefix])
    .join('')
}

function isPrefix(wrapper: unknown): wrapper is PrefixWrapper {
  return typeof wrapper === 'object' && wrapper !== null && httpPrefix in wrapper
}
