/**
 * `ModelRepository.of(Order)`: the token of a model's repository. A repository whose conditions walk into other models with
 * `has` names them too, `ModelRepository.of(Post, User)`, and then all of them must be stored in the same place.
 */
import { modelMetadata } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'

export declare const repositoryOf: unique symbol

/** `Entity` is the model's instance type; `Joined` the union of models that its conditions may walk into. */
export interface ModelRepositoryToken<in out Entity, out Joined = never> {
  readonly [repositoryOf]: { readonly entity: (entity: Entity) => Entity; readonly joined: Joined }
}

/** Any repository token. */
export interface AnyRepositoryToken {
  readonly [repositoryOf]: unknown
}

/** Run-time form of the token. */
export interface RepositoryTokenObject {
  readonly model: AnyModelClass
  readonly joined: readonly AnyModelClass[]
}

class RepositoryToken implements RepositoryTokenObject {
  readonly #model: AnyModelClass | (() => AnyModelClass)
  readonly joined: readonly AnyModelClass[]

  constructor(model: AnyModelClass | (() => AnyModelClass), joined: readonly AnyModelClass[]) {
    this.#model = model
    this.joined = joined
  }

  get model(): AnyModelClass {
    return isModel(this.#model) ? this.#model : this.#model()
  }
}

/** Tokens of repositories: inject `ModelRepository.of(Order)`, and bind one with `bindRepository`. */
export const ModelRepository = {
  /** The token of the repository of `model`. `() => Model` where the model is defined later in a circle of files. */
  of: <Entity, Joined extends abstract new (...args: never) => unknown = never>(
    model: (abstract new (...args: never) => Entity) | (() => abstract new (...args: never) => Entity),
    ...joined: readonly Joined[]
  ): ModelRepositoryToken<Entity, [Joined] extends [never] ? never : InstanceType<Joined>> => {
    const token = new RepositoryToken(model as unknown as AnyModelClass, joined as unknown as readonly AnyModelClass[])
    return token as unknown as ModelRepositoryToken<Entity, never>
  },
} as const

/** The model behind a repository token; `undefined` for any other token. */
export function repositoryToken(token: unknown): RepositoryTokenObject | undefined {
  return token instanceof RepositoryToken ? token : undefined
}

function isModel(value: AnyModelClass | (() => AnyModelClass)): value is AnyModelClass {
  return modelMetadata in value
}
