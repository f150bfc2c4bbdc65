/** What binds a model to memory: `bindRepository(ModelRepository.of(User), new InMemoryRepository())`. */
import {
  modelFields,
  modelName,
  repositorySource,
  type AnyModel,
  type AnyModelClass,
  type AppContext,
  type RepositorySource,
  type RepositorySourceDescription,
} from '@justscale/core'
import { StoredRepository } from '@justscale/core/repository'
import { memoryDatabaseOf, type MemoryDatabase } from './memory-database.ts'
import { MemoryRowStore } from './memory-row-store.ts'

/** Of `new InMemoryRepository(...)`. */
export interface InMemoryRepositoryOptions {
  /** Fields that are unique together, besides those marked `unique()`. */
  readonly unique?: readonly (readonly string[])[]
  /** Shared between apps that stand for several nodes; default: the app's own. */
  readonly database?: MemoryDatabase
}

/** A model prepared for memory, by `createInMemoryModel`. */
export interface InMemoryModel<Entity> extends InMemoryRepositoryOptions {
  readonly model: abstract new (...args: never) => Entity
}

/** Keeps a model in memory, with the semantics of a database. Each app that binds it has rows of its own. */
export class InMemoryRepository<Entity = never> implements RepositorySource<Entity, 'memory'> {
  readonly [repositorySource]: RepositorySourceDescription<Entity, 'memory', never>

  constructor(options: InMemoryRepositoryOptions | InMemoryModel<Entity> = {}) {
    this[repositorySource] = {
      storage: 'memory',
      ...('model' in options && { model: options.model as unknown as AnyModelClass }),
      create: (model, _dependencies, app) => inMemoryRepositoryOf(app, model, options),
    }
  }
}

/** Says how a model is kept in memory: `createInMemoryModel(User, { unique: [['team', 'email']] })`. */
export function createInMemoryModel<Entity extends AnyModel>(
  model: abstract new (...args: never) => Entity,
  options: InMemoryRepositoryOptions = {},
): InMemoryModel<Entity> {
  return { ...options, model }
}

/** The repository source of a prepared model: as `new InMemoryRepository(model)`. */
export function createInMemoryRepository<Entity>(model: InMemoryModel<Entity>): InMemoryRepository<Entity> {
  return new InMemoryRepository(model)
}

/** The repository itself, for tests that build no app around it. */
export function inMemoryRepositoryOf<Entity>(
  app: AppContext,
  model: AnyModelClass,
  options: InMemoryRepositoryOptions = {},
): StoredRepository<Entity, unknown> {
  const database = options.database ?? memoryDatabaseOf(app)
  const table = database.table(model, [...uniqueFields(model), ...(options.unique ?? [])])
  if (table.model !== model) {
    throw new TypeError(
      `Two models called ${modelName(model)} are kept in the same memory; give one of them another name`,
    )
  }
  return new StoredRepository(app, model, new MemoryRowStore(database, table))
}

function uniqueFields(model: AnyModelClass): string[][] {
  return Object.entries(modelFields(model)).flatMap(([name, field]) => (field.unique ? [[name]] : []))
}
