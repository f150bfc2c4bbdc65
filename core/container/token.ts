/**
 * Tokens: what `inject` and `resolve` name. A token is a class (a service, or an abstract one) or an object that carries the
 * type of what it stands for. `lazy(() => Token)` around one says that it is only used later, which is how cycles are closed.
 */
import type { Repository } from '../repository/repository.ts'
import type { ContributionMark } from './contribution.ts'
import type { AnyRepositoryToken, ModelRepositoryToken } from './model-repository.ts'

export declare const injectedAs: unique symbol

/** A token that is not a class; `Value` is what injecting it gives. */
export interface ObjectToken<Value> {
  readonly [injectedAs]: () => Value
}

export const lazyTarget: unique symbol = Symbol('justscale.lazy')

/** A dependency that is used only after everything has been made. */
export interface Lazy<Link> {
  readonly [lazyTarget]: Link
}

export type AnyToken =
  (abstract new (...args: never) => unknown) | ObjectToken<unknown> | AnyRepositoryToken | Lazy<unknown>

/** What injecting a token gives. */
export type InstanceOf<Token> =
  Token extends Lazy<infer Link>
    ? InstanceOf<LazyToken<Link>>
    : Token extends ModelRepositoryToken<infer Entity, infer Joined>
      ? Repository<Entity, Joined>
      : Token extends ObjectToken<infer Value>
        ? Value
        : Token extends abstract new (...args: never) => infer Instance
          ? Instance
          : never

/** The token inside `lazy(...)`. */
export type LazyToken<Link> = Link extends abstract new (...args: never) => unknown
  ? Link
  : Link extends () => infer Token
    ? Token
    : never

/** What a factory gets for its `inject`: instances, and for `lazy(...)` a function that gives the instance. */
export type InjectedDependencies<Injected> = { readonly [Name in keyof Injected]: InjectedDependency<Injected[Name]> }
type InjectedDependency<Token> = Token extends Lazy<infer Link> ? LateInstance<Link> : InstanceOf<Token>

/** Gives the instance of a lazy dependency. Throws `LazyTooEarlyError` while the app is being put together. */
export interface LateInstance<Link> {
  (): InstanceOf<LazyToken<Link>>
}

/** Tokens that `inject` needs before; contributions are always there (perhaps empty). */
export type Need<Token> = Token extends Lazy<unknown> ? never : Token extends ContributionMark ? never : Token
/** Tokens that `inject` needs by the time of `build()`. */
export type LateNeed<Token> = Token extends Lazy<infer Link> ? LazyToken<Link> : never

/** Finds the instance of a token. */
export type Resolve = <Token>(token: Token) => Promise<InstanceOf<Token>>

/**
 * Injects something defined later, or that injects you: `inject: { payments: lazy(() => Payments) }`. A factory gets a
 * function, `payments().charge(...)`, because the instance is only there once the app has been put together; on a model
 * `this.payments` is the instance itself.
 */
export function lazy<Link>(target: Link): Lazy<Link> {
  return { [lazyTarget]: target }
}

export function isLazy(value: unknown): value is Lazy<unknown> {
  return typeof value === 'object' && value !== null && lazyTarget in value
}
