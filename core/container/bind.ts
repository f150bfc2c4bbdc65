/** Bindings: which implementation stands behind a token. One token has one binding; tests replace it with `.override`. */
import { repositorySource, type RepositorySource } from './repository-source.ts'
import type { AnyModelClass, BaseModel, AnyModel, OverrideOf } from '../model/model-type.ts'
import type { Fields } from '../model/field-type.ts'
import { modelMetadata } from '../model/model-metadata.ts'
import { serviceMaker } from '../service/define-service.ts'
import { DefinitionError } from '../errors.ts'
import {
  componentMeta,
  describe,
  isComponent,
  type Component,
  type componentFacts,
  type ComponentMeta,
  type LateOf,
  type RequiresOf,
} from './component.ts'
import { repositoryToken, type ModelRepositoryToken } from './model-repository.ts'
import type { AnyToken, InstanceOf, Lazy, LazyToken } from './token.ts'
import { tokenName } from './token-name.ts'

export interface BindingFacts<Token, Requires, Late> {
  readonly name: 'binding'
  readonly requires: Requires
  readonly late: Late
  readonly provides: Token
  readonly binds: Token
}

export interface Binding<Token, Requires, Late> extends Component {
  readonly [componentFacts]: BindingFacts<Token, Requires, Late>
}

/** A service class whose instances fit `Instance`. */
export type Implementation<Instance> = (new () => Instance) & Component

/** The implementation is made by the app (its own dependencies must be provided) and found under `token`. */
export function bindService<Token extends AnyToken, C extends Implementation<InstanceOf<Token>>>(
  token: Token,
  implementation: C,
): Binding<Token, RequiresOf<C>, LateOf<C>> {
  if (!isComponent(implementation)) {
    throw new DefinitionError(`bindService(${tokenName(token)}, ...) needs a service class made with defineService`)
  }
  const meta = describe(implementation)
  const create = serviceMaker(implementation)
  return binding({
    ...meta,
    kind: 'binding',
    name: `${tokenName(token)} as ${meta.name}`,
    provides: [token],
    ...(create && { create }),
  })
}

/** A ready object, found under `token`. It stays yours: the app does not dispose of it. */
export function bindInstance<Token extends AnyToken>(
  token: Token,
  instance: InstanceOf<Token>,
): Binding<Token, never, never> {
  return binding({
    kind: 'binding',
    name: `${tokenName(token)} as an instance`,
    requires: {},
    provides: [token],
    borrowed: true,
    create: () => instance,
  })
}

/** Fact that a model is stored in a kind of storage: joins are only possible within one. */
export declare abstract class StoredIn<in out Entity, out Storage> {
  private readonly 'a model bound in the same storage': { entity: (entity: Entity) => Entity; storage: Storage }
}

type StoredInEach<Entity, Storage> = Entity extends unknown ? StoredIn<Entity, Storage> : never
type ServicesOf<Entity> =
  Entity extends BaseModel<infer _Key, infer _F extends Fields, infer Injected>
    ? unknown extends Injected
      ? never
      : LateTokens<Injected[keyof Injected]>
    : never
type LateTokens<Token> = Token extends Lazy<infer Link> ? LazyToken<Link> : Token

/** A model and, of an override, the models whose place it takes. */
type WithOverridden<Entity> = Entity extends OverrideOf<infer Base> ? Entity | WithOverridden<Base> : Entity
type RepositoryTokens<Entity, Joined> = Entity extends unknown ? ModelRepositoryToken<Entity, Joined> : never

export interface RepositoryBindingFacts<Entity, Joined, Storage, Requires> {
  readonly name: 'bindRepository'
  readonly requires: Requires | (Joined extends never ? never : StoredInEach<Joined, Storage>)
  readonly late: ServicesOf<Entity>
  readonly provides: RepositoryTokens<WithOverridden<Entity>, Joined> | StoredInEach<WithOverridden<Entity>, Storage>
  readonly binds: RepositoryTokens<WithOverridden<Entity>, Joined>
}

export interface RepositoryBinding<Entity, Joined, Storage, Requires> extends Component {
  readonly [componentFacts]: RepositoryBindingFacts<Entity, Joined, Storage, Requires>
}

/** The repository that `source` makes for the model. Also brings the services that the model injects. */
export function bindRepository<Entity extends AnyModel, Joined, Storage extends string, Requires>(
  token: ModelRepositoryToken<Entity, Joined>,
  source: RepositorySource<Entity, Storage, Requires>,
): RepositoryBinding<Entity, Joined, Storage, Requires> {
  const found = repositoryToken(token)
  if (found === undefined)
    throw new DefinitionError('bindRepository needs ModelRepository.of(Model) as its first argument')
  const description = source[repositorySource]
  const model: AnyModelClass = description.model ?? found.model
  return binding({
    kind: 'repository',
    name: `${tokenName(token)} in ${description.storage}`,
    requires: description.inject ?? {},
    late: model[modelMetadata].inject,
    provides: [token],
    create: (dependencies, { app }) => description.create(model, dependencies, app),
    detail: { model, storage: description.storage, joined: found.joined } satisfies RepositoryDetail,
  }) as unknown as RepositoryBinding<Entity, Joined, Storage, Requires>
}

/** `detail` of a repository binding. */
export interface RepositoryDetail {
  readonly model: AnyModelClass
  readonly storage: string
  readonly joined: readonly AnyModelClass[]
}

function binding<Token, Requires, Late>(meta: ComponentMeta): Binding<Token, Requires, Late> {
  return { [componentMeta]: meta } as unknown as Binding<Token, Requires, Late>
}
