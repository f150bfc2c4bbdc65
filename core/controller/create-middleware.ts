/**
 * Middleware and guards of any transport. A middleware adds to the context of the steps after it; a guard lets the call pass
 * or not. They run where they are declared, in the order of declaration. What a denial or an answer looks like to the caller
 * is the transport's matter.
 */
import type { AbstractContainer } from '../container/abstract-container.ts'
import type { AnyToken, InjectedDependencies } from '../container/token.ts'

type Awaitable<Value> = Value | Promise<Value>

/** On a step that injects: what, and how it becomes a function. */
export const stepMark: unique symbol = Symbol('justscale.step')

export interface InjectedStep<Run> {
  readonly [stepMark]: {
    readonly inject: Readonly<Record<string, AnyToken>>
    readonly make: (dependencies: never) => Run
  }
}

/** `Needs` must be in the context where it is used; `Adds` is there afterwards. Throwing ends the call. */
export type MiddlewareFunction<Needs, Adds> = (context: Needs) => Awaitable<Adds>
/** A function that gives what the context gets, or one that injects: see `createMiddleware`. */
export type Middleware<Needs, Adds> = MiddlewareFunction<Needs, Adds> | InjectedStep<MiddlewareFunction<Needs, Adds>>

/** `false` denies; anything else lets the call pass. */
export type GuardFunction<Needs> = (context: Needs) => Awaitable<unknown>
/** A function, or one that injects: see `createGuard`. */
export type Guard<Needs> = GuardFunction<Needs> | InjectedStep<GuardFunction<Needs>>

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

/** The function of a middleware or guard in one app, for transports. Rejects with `UnprovidedTokenError`. */
export async function stepFunction<Run>(step: Run | InjectedStep<Run>, container: AbstractContainer): Promise<Run> {
  if (!isInjected(step)) return step
  const { inject, make } = step[stepMark]
  const found = Object.entries(inject).map(async ([name, token]) => [name, await container.resolve(token)] as const)
  return (make as (dependencies: unknown) => Run)(Object.fromEntries(await Promise.all(found)))
}

function isInjected<Run>(step: Run | InjectedStep<Run>): step is InjectedStep<Run> {
  return typeof step === 'object' && step !== null && stepMark in step
}
