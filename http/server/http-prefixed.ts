/** `httpPrefixed('/admin', adminApp)`: a sub-app whose routes all start with a path. */
import { componentMeta, type Component, type SubAppEntry } from '@justscale/core'

const httpPrefix: unique symbol = Symbol('justscale.http.prefix')

interface PrefixWrapper {
  readonly [httpPrefix]: string
}

/** The same sub-app under a path; add it as the sub-app would be added. Prefixes nest. */
export function httpPrefixed<App extends Component>(prefix: string, app: App): App {
  const meta = app[componentMeta]
  const { wrappers, ...detail } = meta.detail as SubAppEntry
  const wrapper: PrefixWrapper = { [httpPrefix]: prefix }
  const wrapped = { ...meta, detail: { ...detail, wrappers: [wrapper, ...wrappers] } satisfies SubAppEntry }
  return Object.create(app, { [componentMeta]: { value: wrapped } }) as App
}

/** The path that all wrappers together put before a sub-app's routes. */
export function prefixOf(wrappers: readonly unknown[]): string {
  return wrappers.filter(isPrefix).map((wrapper) => wrapper[httpPrefix]).join('')
}

function isPrefix(wrapper: unknown): wrapper is PrefixWrapper {
  return typeof wrapper === 'object' && wrapper !== null && httpPrefix in wrapper
}
