/**
 * Middleware and guards as HTTP runs core's: a middleware that returns a response ends the chain, a guard that returns
 * `false` answers 403, one that returns a response answers with that.
 */
import type { Reply } from '../response/reply.ts'

export { createGuard, createMiddleware, type Guard, type GuardFunction, type Middleware } from '@justscale/core'

export type Awaitable<Value> = Value | Promise<Value>

/** What ends the chain. */
export type Answer = Response | Reply

/** What a middleware's result adds to the context. */
export type AddedBy<Result> =
  Exclude<Result, Answer | void | undefined | null> extends infer Added
    ? [Added] extends [never]
      ? unknown
      : Added
    : never
