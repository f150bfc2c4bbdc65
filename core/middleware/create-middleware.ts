/**
 * Middleware and guards with dependencies. Each is a component: add it to the app, inject it into the controller, and use
 * it there, `routes: ({ auth }) => ({ pay: Post('/').use(auth)... })`. So a missing dependency is an error at `.add`. Those
 * that need nothing are plain functions.
 */
import { defineComponent, type InjectableComponent } from '../container/define-component.ts'
import type { InjectedDependencies } from '../container/token.ts'

/** Adds what it gives to the context of the route; what it needs must have been added before. */
export type ContextMiddleware<Needs, Adds> = (context: Needs) => Adds | Promise<Adds>
/** Lets the call through when it gives true. */
export type ContextGuard<Needs> = (context: Needs) => boolean | Promise<boolean>

export interface MiddlewareDefinition<Name extends string, Injected, Needs, Adds> {
  /** For messages and types. */
  readonly name: Name
  readonly inject?: Injected
  /** Called once per app with what is injected; gives the middleware. */
  readonly handler: (dependencies: InjectedDependencies<Injected>) => ContextMiddleware<Needs, Adds>
}

/** A middleware that injects. */
export function createMiddleware<const Name extends string, Needs, Adds, Injected = unknown>(
  definition: MiddlewareDefinition<Name, Injected, Needs, Adds>,
): InjectableComponent<Name, Injected, ContextMiddleware<Needs, Adds>> {
  const { name, inject, handler } = definition
  return defineComponent({
    kind: 'middleware',
    name,
    ...(inject !== undefined && { inject }),
    create: (dependencies: InjectedDependencies<Injected>) => handler(dependencies),
  })
}

/** A guard that injects. */
export function createGuard<const Name extends string, Needs, Injected = unknown>(
  definition: MiddlewareDefinition<Name, Injected, Needs, boolean>,
): InjectableComponent<Name, Injected, ContextGuard<Needs>> {
  const { name, inject, handler } = definition
  return defineComponent({
    kind: 'guard',
    name,
    ...(inject !== undefined && { inject }),
    create: (dependencies: InjectedDependencies<Injected>) => handler(dependencies),
  })
}
