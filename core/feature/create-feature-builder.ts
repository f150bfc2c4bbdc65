/**
 * Features: a named set of components with what it requires from outside and what happens at start and stop.
 * `createFeatureBuilder().name('Billing').requires(Mailer).onStart(...).provides((app) => app.add(Invoices))`.
 * The result can be added as it is, or extended by a class, whose name then appears in messages and types.
 */
import type { AppBuilder, BuiltIn } from '../app/builder-type.ts'
import { partsOf, makeBuilder } from '../app/builder.ts'
import {
  componentMeta,
  type Component,
  type componentFacts,
  type ComponentMeta,
  type Hook,
  type ProvidesOf,
  type Self,
} from '../container/component.ts'
import type { AnyToken } from '../container/token.ts'
import { tokenName } from '../container/token-name.ts'

export interface FeatureFacts<Name, Required, Provided, Late> {
  readonly name: Name
  readonly requires: Required
  readonly late: Exclude<Late, Provided>
  readonly provides: Self | Exclude<Provided, Required>
  readonly binds: never
}

/** A feature; also a class, so that `class AuthFeature extends ... {}` gives it a name. */
export interface FeatureToken<Name, Required, Provided, Late> extends Component {
  new (): object
  readonly [componentMeta]: ComponentMeta
  readonly [componentFacts]: FeatureFacts<Name, Required, Provided, Late>
}

export interface FeatureBuilder<Name, Required, Available> {
  name<const N extends string>(name: N): FeatureBuilder<N, Required, Available>
  /** Must be added before the feature; requiring a feature makes what it provides available inside. */
  requires<Token extends AnyToken | Component>(
    token: Token,
  ): FeatureBuilder<Name, Required | Token, Available | Token | ProvidesOf<Token>>
  /** Runs at start, after everything is made, in order of declaration. May be called several times. */
  onStart(hook: Hook): FeatureBuilder<Name, Required, Available>
  /** Runs at start, unless the app is started for a command and answers nobody: listening on a port, for example. */
  onServe(hook: Hook): FeatureBuilder<Name, Required, Available>
  /** Runs at stop, in reverse order, also where `onServe` did not run. May be called several times. */
  onStop(hook: Hook): FeatureBuilder<Name, Required, Available>
  /** The components that come with the feature; ends the builder. */
  provides<Provided, Late>(
    add: (builder: AppBuilder<Available | BuiltIn>) => AppBuilder<Provided, Late>,
  ): FeatureToken<Name, Required, Exclude<Provided, Available | BuiltIn>, Late>
  /** A feature with hooks only. */
  build(): FeatureToken<Name, Required, never, never>
}

interface Draft {
  readonly name: string
  readonly requires: Readonly<Record<string, unknown>>
  readonly onStart: readonly Hook[]
  readonly onServe: readonly Hook[]
  readonly onStop: readonly Hook[]
}

/** Begins a feature, which is a class to add: `class Mails extends createFeatureBuilder().name('Mails').provides((app) => app.add(...)) {}`. */
export function createFeatureBuilder(): FeatureBuilder<string, never, never> {
  return featureBuilder({ name: '', requires: {}, onStart: [], onServe: [], onStop: [] })
}

function featureBuilder(draft: Draft): FeatureBuilder<string, never, never> {
  const builder = {
    name: (name: string) => featureBuilder({ ...draft, name }),
    requires: (token: unknown) =>
      featureBuilder({ ...draft, requires: { ...draft.requires, [tokenName(token)]: token } }),
    onStart: (hook: Hook) => featureBuilder({ ...draft, onStart: [...draft.onStart, hook] }),
    onServe: (hook: Hook) => featureBuilder({ ...draft, onServe: [...draft.onServe, hook] }),
    onStop: (hook: Hook) => featureBuilder({ ...draft, onStop: [...draft.onStop, hook] }),
    provides: (add: (builder: unknown) => unknown) => featureClass(draft, partsOf(add(makeBuilder()))),
    build: () => featureClass(draft, []),
  }
  return builder as unknown as FeatureBuilder<string, never, never>
}

function featureClass(draft: Draft, parts: readonly Component[]): unknown {
  const meta: ComponentMeta = { kind: 'feature', ...draft, parts }
  return class Feature {
    static readonly [componentMeta] = meta
  }
}
