/**
 * The seam between `bindRepository` and adapters: something that makes the repository of a model in an app.
 * `new InMemoryRepository()` and `createPgRepository(PgUser)` are such sources.
 */
import type { AppContext } from '../app/context.ts'
import type { AnyModelClass } from '../model/model-type.ts'

export const repositorySource: unique symbol = Symbol('justscale.repositorySource')

/** `Storage` names the kind of storage (`'memory'`, `'postgres'`); `Requires` is the union of tokens it needs. */
export interface RepositorySource<in out Entity, out Storage extends string = string, out Requires = never> {
  readonly [repositorySource]: RepositorySourceDescription<Entity, Storage, Requires>
}

export interface RepositorySourceDescription<in out Entity, out Storage extends string, out Requires> {
  readonly storage: Storage
  /** Only for the types. */
  readonly 'entity of the source'?: { readonly entity: (entity: Entity) => Entity; readonly requires: Requires }
  /** The model it was made for, when that is not the token's own (an override). */
  readonly model?: AnyModelClass
  /** What it needs from the app, for `create`. */
  readonly inject?: Readonly<Record<string, unknown>>
  /** Makes the repository; called once per app. */
  create(model: AnyModelClass, dependencies: Readonly<Record<string, unknown>>, app: AppContext): unknown
}
