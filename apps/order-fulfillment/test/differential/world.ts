/** Carries out operations on one storage and gives what they answer, in a form in which two storages can be compared. */
import {
  entityState,
  ModelRepository,
  Reference,
  References,
  transaction,
  type AnyModelClass,
  type Application,
} from '@justscale/core'
import { q } from '@justscale/core'
import { conditionOf, placeOf, type ConditionShape } from './condition.ts'
import type { Operation } from './operation.ts'
import { EntityNumber } from './value.ts'

/** Methods of a repository without their types: the models are random. */
interface AnyRepository {
  insert(values: unknown): Promise<object>
  insertMany(list: readonly unknown[]): Promise<object[]>
  get(ref: unknown): Promise<object | null>
  getMany(refs: readonly unknown[]): Promise<(object | null)[]>
  lock(ref: unknown): Promise<(object & AsyncDisposable) | null>
  lockAll(refs: readonly unknown[]): Promise<readonly (object | null)[] & AsyncDisposable>
  update(entity: object, patch: unknown): Promise<object>
  save(entity: object): Promise<object>
  delete(entity: object): Promise<boolean>
  upsert(values: unknown, options: object): Promise<object>
  updateWhere(where: unknown, patch: unknown): Promise<number>
  deleteWhere(where: unknown): Promise<number>
  count(where: unknown): Promise<number>
  exists(where: unknown): Promise<boolean>
  find(options: unknown): Promise<object[]>
  findOne(where: unknown): Promise<object | null>
  aggregate(aggregates: object, where: unknown): Promise<object>
  iterate(options: object): AsyncIterable<object>
}

/** What the body of a transaction is failed with. */
class Deliberate extends Error {}

export class World {
  readonly #app: Application<unknown>
  readonly #models: readonly AnyModelClass[]
  readonly #repositories: readonly AnyRepository[]
  /** Keys in order of insertion, by model. */
  readonly #keys: string[][]

  static async open(app: Application<unknown>, models: readonly AnyModelClass[]): Promise<World> {
    const token = (model: AnyModelClass) => ModelRepository.of(model as unknown as abstract new () => object)
    const repositories = await Promise.all(models.map((model) => app.resolve(token(model))))
    return new World(app, models, repositories as unknown as AnyRepository[])
  }

  private constructor(app: Application<unknown>, models: readonly AnyModelClass[], repositories: AnyRepository[]) {
    this.#app = app
    this.#models = models
    this.#repositories = repositories
    this.#keys = models.map(() => [])
  }

  /** Deletes everything, later models first. */
  async empty(): Promise<void> {
    await this.#app.run(async () => {
      for (const repository of this.#repositories.toReversed()) await repository.deleteWhere(q.and())
    })
    for (const keys of this.#keys) keys.length = 0
  }

  /** The answer, or the error as its code and message; keys as numbers. */
  async perform(operation: Operation): Promise<unknown> {
    try {
      return this.#plain(await this.#app.run(() => this.#call(operation)))
    } catch (error) {
      return { failed: this.#failure(error) }
    }
  }

  async contents(): Promise<unknown> {
    return this.#app.run(async () => {
      const all = await Promise.all(this.#repositories.map((repository) => repository.find(undefined)))
      return all.map((entities) => this.#plain(entities))
    })
  }

  async #call(operation: Operation): Promise<unknown> {
    const repository = this.#repositories[operation.model]!
    const model = this.#models[operation.model]!
    const where = (shape: ConditionShape) =>
      conditionOf(this.#models, operation.model, shape, (value) => this.#resolve(value))
    const ref = (entity: number) => this.#resolve(new EntityNumber(operation.model, entity))
    switch (operation.do) {
      case 'insert':
        return this.#stored(operation.model, await repository.insert(this.#resolve(operation.values)))
      case 'insertNew': {
        const Model = model as unknown as new (values: unknown) => object
        return this.#stored(operation.model, await repository.save(new Model(this.#resolve(operation.values))))
      }
      case 'insertMany': {
        const stored = await repository.insertMany(operation.list.map((values) => this.#resolve(values)))
        return stored.map((entity) => this.#stored(operation.model, entity))
      }
      case 'upsert': {
        const set = operation.set && { set: this.#resolve(operation.set) }
        const entity = await repository.upsert(this.#resolve(operation.values), { by: operation.by, ...set })
        return this.#stored(operation.model, entity)
      }
      case 'update': {
        await using locked = await repository.lock(ref(operation.entity))
        return locked && (await repository.update(locked, this.#resolve(operation.patch)))
      }
      case 'save': {
        await using locked = await repository.lock(ref(operation.entity))
        if (!locked) return null
        const before = { ...locked }
        try {
          Object.assign(locked, this.#resolve(operation.patch))
          return await repository.save(locked)
        } catch (error) {
          Object.assign(locked, before)
          throw error
        }
      }
      case 'delete': {
        await using locked = await repository.lock(ref(operation.entity))
        return locked && (await repository.delete(locked))
      }
      case 'lock': {
        await using locked = await repository.lock(ref(operation.entity))
        return this.#plain(locked)
      }
      case 'lockAll': {
        await using locked = await repository.lockAll(operation.entities.map(ref))
        return this.#plain(locked)
      }
      case 'get':
        return repository.get(ref(operation.entity))
      case 'getMany':
        return repository.getMany(operation.entities.map(ref))
      case 'updateWhere':
        return repository.updateWhere(where(operation.where), this.#resolve(operation.patch))
      case 'deleteWhere':
      case 'count':
      case 'exists':
      case 'findOne':
        return repository[operation.do](where(operation.where))
      case 'find':
      case 'iterate': {
        const orderBy = operation.orderBy.map(({ path, direction, nulls }) => placeOf(model, path)[direction]!(nulls))
        const options = { ...operation, where: where(operation.where), orderBy }
        const { do: method, model: _, ...rest } = options
        return method === 'find' ? repository.find(rest) : Array.fromAsync(repository.iterate(rest))
      }
      case 'aggregate': {
        const named = operation.aggregates.map(({ kind, path }, index) => {
          const make = q[kind] as (place?: unknown) => unknown
          return [`${kind}${index}`, path ? make(placeOf(model, path)) : make()]
        })
        return repository.aggregate(Object.fromEntries(named), where(operation.where))
      }
      case 'transaction':
        return this.#transaction(operation)
    }
  }

  /** A failure of a step is an answer like another: the transaction goes on. */
  async #transaction({ steps, fails }: Extract<Operation, { do: 'transaction' }>): Promise<unknown> {
    const answers: unknown[] = []
    const body = async () => {
      for (const step of steps) {
        const answer = await this.#call(step).catch((error: unknown) => ({ failed: this.#failure(error) }))
        answers.push(this.#plain(answer))
      }
      if (fails) throw new Deliberate('on purpose')
    }
    await transaction(body).catch((error: unknown) => {
      if (!(error instanceof Deliberate)) throw error
    })
    return answers
  }

  #stored(model: number, entity: object): object {
    const key = keyOf(entity)
    const keys = this.#keys[model]!
    if (!keys.includes(key)) keys.push(key)
    return entity
  }

  /** Entity numbers as references, through lists and objects. */
  #resolve(value: unknown): unknown {
    if (value instanceof EntityNumber) {
      const keys = this.#keys[value.model]!
      const key = keys[value.number] ?? `00000000-0000-7000-8000-00000000000${value.number % 10}`
      const model = this.#models[value.model] as unknown as { ref(key: string): unknown }
      return model.ref(key)
    }
    if (Array.isArray(value)) return value.map((each) => this.#resolve(each))
    if (typeof value !== 'object' || value === null || !isPlain(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.#resolve(each)]))
  }

  /** Entities as their fields, keys as numbers, Temporal values as text. */
  #plain(value: unknown): unknown {
    if (value === null || value === undefined) return null
    if (typeof value === 'bigint') return `${value}n`
    if (Object.is(value, -0)) return '-0'
    if (typeof value === 'string') return this.#masked(value)
    if (value instanceof Reference) return this.#masked(value.identifier)
    if (value instanceof References) return value.items.map((each) => this.#masked(each.identifier))
    if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
    if (Array.isArray(value)) return value.map((each) => this.#plain(each))
    if (typeof value !== 'object') return value
    if (isTemporal(value)) return `${value.constructor.name} ${String(value)}`
    const entries = Object.entries(value).map(([name, each]): [string, unknown] => [name, this.#plain(each)])
    return Object.fromEntries(entityState(value) ? [['key', this.#masked(keyOf(value))], ...entries] : entries)
  }

  #masked(text: string): string {
    return text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (key) => {
      for (const [model, keys] of this.#keys.entries()) if (keys.includes(key)) return `#${model}.${keys.indexOf(key)}`
      return key
    })
  }

  #failure(error: unknown): string {
    if (!(error instanceof Error)) return String(error)
    const code = 'code' in error ? `${String(error.code)} ` : ''
    return this.#masked(`${code}${error.name}: ${error.message}`)
  }
}

function keyOf(entity: object): string {
  const state = entityState(entity)
  return state && 'identifier' in state ? state.identifier : ''
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isTemporal(value: object): boolean {
  return Object.prototype.toString.call(value).startsWith('[object Temporal.')
}
