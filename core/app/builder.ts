/** `JustScale()`: the builder of an app. Immutable: every step gives a new one, so a common part can be shared by tests. */
import { isComponent, type Component } from '../container/component.ts'
import { tokenName } from '../container/token-name.ts'
import { DefinitionError } from '../errors.ts'
import { makeApplication } from './make-application.ts'
import type { AppBuilder, BuiltIn } from './builder-type.ts'

/** An app in the making: what was added, in order. */
export interface AppDraft {
  readonly name: string
  readonly parts: readonly Component[]
  readonly overrides: readonly Component[]
  /** Tokens that the app above must provide: then this is a sub-app. */
  readonly required: readonly unknown[]
}

const draftOf: unique symbol = Symbol('justscale.draft')

/** Starts an app: `JustScale().add(...).add(...).build()`. */
export function JustScale(): AppBuilder<BuiltIn> {
  return makeBuilder() as AppBuilder<BuiltIn>
}

export function makeBuilder(draft: AppDraft = { name: 'app', parts: [], overrides: [], required: [] }): unknown {
  return {
    [draftOf]: draft,
    add: (component: unknown) => makeBuilder({ ...draft, parts: [...draft.parts, componentFrom(component, 'add')] }),
    override: (component: unknown) =>
      makeBuilder({ ...draft, overrides: [...draft.overrides, componentFrom(component, 'override')] }),
    requires: (token: unknown) => makeBuilder({ ...draft, required: [...draft.required, token] }),
    named: (name: string) => makeBuilder({ ...draft, name }),
    build: () => makeApplication(draft),
  }
}

/** What was added to a builder. */
export function partsOf(builder: unknown): readonly Component[] {
  if (typeof builder === 'object' && builder !== null && draftOf in builder) {
    return (builder as { readonly [draftOf]: AppDraft })[draftOf].parts
  }
  throw new DefinitionError('provides((app) => ...) must give back the builder: provides((app) => app.add(...))')
}

function componentFrom(value: unknown, method: string): Component {
  if (isComponent(value)) return value
  throw new DefinitionError(`.${method}(${tokenName(value)}) needs a component`, {
    hint: 'Services, bindings, features, controllers, processes and sub-apps are components. Bind a plain class with bindService or bindInstance.',
  })
}
