/**
 * The types of the builder: `.add(component)` takes a component only if everything it requires has been added before it;
 * otherwise the parameter's type is `MissingDepsError`, at the consumer's line, naming consumer and missing tokens.
 */
import type { BindsOf, Component, LateOf, NameOf, ProvidesOf, RequiresOf } from '../container/component.ts'
import type { AnyToken } from '../container/token.ts'
import type { Application, SubApplication } from './application.ts'

/** What a component gets instead of its own type when something that it requires is not provided. */
export type MissingDepsError<Consumer, Missing> = readonly ['missing dependency', Consumer, Missing]
/** Two bindings of one token; tests use `.override`. */
export type DuplicateProviderError<Token> = readonly ['already provided', Token]

/** What was added is no component: a plain class, a model or an abstract token, which has to be bound. */
export interface NotAComponentError {
  readonly 'not a component: use defineService, bindService, bindInstance, bindRepository or a feature': never
}

/** `unknown` is what something that says nothing of its needs would require. */
type Refused<C, Missing> = unknown extends Missing ? NotAComponentError : MissingDepsError<NameOf<C>, Missing>

export type Satisfied<C, Provided> = [Exclude<RequiresOf<C>, Provided>] extends [never]
  ? [BindsOf<C>] extends [never]
    ? C
    : [Extract<BindsOf<C>, Provided>] extends [never]
      ? C
      : DuplicateProviderError<Extract<BindsOf<C>, Provided>>
  : Refused<C, Exclude<RequiresOf<C>, Provided>>

type Overriding<C, Provided> = [Exclude<RequiresOf<C>, Provided>] extends [never]
  ? C
  : Refused<C, Exclude<RequiresOf<C>, Provided>>

/** Tokens that every app has. */
export type BuiltIn =
  | typeof import('../container/abstract-container.ts').AbstractContainer
  | typeof import('./lifecycle.ts').Lifecycle
  | typeof import('../log/logger.ts').Logger

/** What `JustScale()` gives: an app that is being put together. Each call gives a new builder; `build()` the app. */
export interface AppBuilder<Provided, Late = never, Needed = never> {
  /** Adds a component; everything it requires must have been added before. Gives a new builder. */
  add<C extends Component>(
    component: Satisfied<C, Provided>,
  ): AppBuilder<Provided | ProvidesOf<C>, Late | LateOf<C>, Needed>
  /** Adds a binding or component in place of whatever provides the same tokens: for tests. */
  override<C extends Component>(component: Overriding<C, Provided>): AppBuilder<Provided, Late | LateOf<C>, Needed>
  /** Makes this the builder of a sub-app, which needs `token` from the app that it is added to. */
  requires<Token extends AnyToken>(token: Token): AppBuilder<Provided | Token, Late, Needed | Token>
  /** The name in messages and logs. */
  named(name: string): AppBuilder<Provided, Late, Needed>
  /**
   * Checks the whole graph and gives the app; nothing is made yet. Throws `AppGraphError` with everything that is missing,
   * doubled, cyclic or captive.
   */
  readonly build: [Exclude<Late, Provided>] extends [never]
    ? () => [Needed] extends [never] ? Application<Provided> : SubApplication<Provided, Needed>
    : MissingDepsError<'build()', Exclude<Late, Provided>>
}
