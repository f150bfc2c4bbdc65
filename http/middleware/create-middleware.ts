/**
 * Middleware and guards. A middleware adds to the context of the steps after it, or answers: a response ends the chain. A
 * guard lets the request pass or not: `false` answers 403. They run where they are declared, in the order of declaration.
 */
import type { AnyToken, InjectedDependencies } from '@justscale/core'
import type { Reply } from '../response/reply.ts'

export type Awaitable<Value> = Value | Promise<Value>

/** What ends the chain. */
export type Answer = Response | Reply

export const stepMark: unique symbol = Symbol('justscale.http.step')

export interface InjectedStep<Run> {
  readonly [stepMark]: {
    readonly inject: Readonly<Record<string, AnyToken>>
    readonly make: (dependencies: never) => Run
  }
}

/** `Needs` must be in the context where it is used; `Adds` is there afterwards. */
export type MiddlewareFunction<Needs, Adds> = (context: Needs) => Awaitable<Adds>
export type Middleware<Needs, Adds> = MiddlewareFunction<Needs, Adds> | InjectedStep<MiddlewareFunction<Needs, Adds>>

export type GuardFunction<Needs> = (context: Needs) => Awaitable<unknown>
export type Guard<Needs> = GuardFunction<Needs> | InjectedStep<GuardFunction<Needs>>

/** What a middleware's result adds to the context. */
export type AddedBy<Result> =
  Exclude<Result, Answer | void | undefined | null> extends infer Added
    ? [Added] extends [never]
      ? unknown
      : Added
    : never

/** A middleware that injects: `createMiddleware({ inject: { sessions: Sessions }, handle: ({ sessions }) => (context) => ({...}) })`. */
export function createMiddleware<
  Needs,
  Adds,
  Injected extends Readonly<Record<string, AnyToken>> = Record<never, never>,
>(definition: {
  readonly inject?: Injected
  readonly handle: (dependencies: InjectedDependencies<Injected>) => MiddlewareFunction<Needs, Adds>
}): InjectedStep<MiddlewareFunction<Needs, Adds>> {
  return { [stepMark]: { inject: definition.inject ?? {}, make: definition.handle as never } }
}

/** A guard that injects; see `createMiddleware`. */
export function createGuard<
  Needs,
  Injected extends Readonly<Record<string, AnyToken>> = Record<never, never>,
>(definition: {
  readonly inject?: Injected
  readonly handle: (dependencies: InjectedDependencies<Injected>) => GuardFunction<Needs>
}): InjectedStep<GuardFunction<Needs>> {
  return { [stepMark]: { inject: definition.inject ?? {}, make: definition.handle as never } }
}
