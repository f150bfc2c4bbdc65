/**
 * `AbstractContainer`: the queryable view of a scope. Inject it to ask what this scope consists of: transports find their
 * routes here, listings and documentation pages are made from it. Sub-apps have their own; `apps()` gives them.
 */
import type { ControllerInstance } from '../controller/route.ts'
import { defineToken } from '../service/define-token.ts'
import type { Application } from '../app/application.ts'
import type { Component } from './component.ts'
import type { AnyToken, InstanceOf } from './token.ts'

/** One component of a scope. */
export interface ContainerEntry {
  readonly kind: string
  readonly name: string
  readonly component: Component
  /** What the room that made the component keeps with it. */
  readonly detail: unknown
  /** The instance, once it has been made (after `prepare` or `start`). */
  readonly instance: unknown
}

export interface ControllerEntry extends ContainerEntry {
  readonly instance: ControllerInstance
}

export interface SubAppEntry {
  readonly app: Application<unknown>
  /** What wrappers around the sub-app say about it, outermost first: a path prefix, for example. */
  readonly wrappers: readonly unknown[]
}

export abstract class AbstractContainer extends defineToken('AbstractContainer') {
  /** The components of this scope, in order of `.add`; those of one kind if given. */
  abstract components(kind?: string): readonly ContainerEntry[]
  /** Controllers with their routes; with `transport`, only those that have such routes, and only these routes. */
  abstract controllers(filter?: { readonly transport?: string }): readonly ControllerEntry[]
  /** Sub-apps of this scope, which are not part of `components`. */
  abstract apps(): readonly SubAppEntry[]
  /** True when the token is provided here. */
  abstract has(token: unknown): boolean
  /** The instance of a token; makes it, and what it needs, at the first call. Rejects with `UnprovidedTokenError`. */
  abstract resolve<Token extends AnyToken>(token: Token): Promise<InstanceOf<Token>>
  /** The instance of a token that has been made already, or `undefined`. */
  abstract resolved<Token extends AnyToken>(token: Token): InstanceOf<Token> | undefined
}
