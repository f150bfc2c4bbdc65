/**
 * Every repository's behaviour over the rows of a `RowStore`: forms of entities, locks and their scopes, which transaction
 * a call joins, what may be written. Adapters make one per model and app.
 */
import type { AppContext } from '../app/context.ts'
import { ForeignAppError } from '../errors.ts'
import { checkedInput, checkedPatch } from '../model/checked-values.ts'
import { entityMaker, type StoredValues } from '../model/entity-maker.ts'
import { entityState } from '../model/entity-state.ts'
import { acceptChanges, assignChecked, changedValues, entityName, storedValues, toStored } from '../model/instance.ts'
import { modelName, sameModel } from '../model/model-metadata.ts'
import type { AnyModelClass, InsertData, KeyOf, UpdateData } from '../model/model-type.ts'
import { referenceFrom } from '../model/reference-from.ts'
import { ReferenceNotFoundError } from '../reference/errors.ts'
import { Reference } from '../reference/reference.ts'
import type { Aggregate, ConditionNode } from '../query/condition.ts'
import type { AnyAggregate, Aggregated } from '../query/field-reference.ts'
import type { Locked, Persistent, Ref, Transient } from '../type-state/state.ts'
import { EntityGoneError, NotLockedError, QueryError } from './errors.ts'
import { RowLocks } from './lock-rows.ts'
import { markStored } from './mark-stored.ts'
import { observeRow } from './observe-row.ts'
import { preload } from './preload.ts'
import type { FindOptions, IterateOptions, LockOptions, ObserveOptions, UpsertOptions, Where } from './query-options.ts'
import { Repository, type LockedAll } from './repository.ts'
import { RowHold } from './row-hold.ts'
import { checkedAggregate, conditionOf, findOptions, rowQuery } from './row-query.ts'
import type { Row, RowStore } from './row-store.ts'
import { StorageAccess } from './storage-access.ts'

const DEFAULT_BATCH = 100

export class StoredRepository<Entity, Joined = never> extends Repository<Entity, Joined> {
  readonly model: AnyModelClass
  readonly #app: AppContext
  readonly #store: RowStore
  readonly #name: string
  readonly #access: StorageAccess
  readonly #locks: RowLocks

  constructor(app: AppContext, model: AnyModelClass, store: RowStore) {
    super()
    this.#app = app
    this.model = model
    this.#store = store
    this.#name = modelName(model)
    this.#access = new StorageAccess(app, this.#name, store.provider)
    this.#locks = new RowLocks(app, model, store)
  }

  async find(options?: FindOptions<Entity, Joined> | Where<Entity, Joined>): Promise<Persistent<Entity>[]> {
    const given = findOptions(this.model, options)
    const query = rowQuery(this.model, given)
    const entities = this.#entities(await this.#access.read((transaction) => this.#store.select(query, transaction)))
    if (given.load && given.load.length > 0) await preload(this.#app, this.model, entities, given.load)
    return entities as Persistent<Entity>[]
  }

  async findOne(options: FindOptions<Entity, Joined> | Where<Entity, Joined>): Promise<Persistent<Entity> | null> {
    const [first] = await this.find({ ...findOptions(this.model, options), limit: 1 } as FindOptions<Entity, Joined>)
    return first ?? null
  }

  async get(ref: Ref<Entity>): Promise<Persistent<Entity> | null> {
    const identifiers = [this.#identifier(ref, 'get')]
    const rows = await this.#access.read((transaction) => this.#store.selectByKeys(identifiers, transaction))
    return (this.#entities(rows)[0] ?? null) as Persistent<Entity> | null
  }

  async getMany(refs: Iterable<Ref<Entity>>): Promise<(Persistent<Entity> | null)[]> {
    const identifiers = [...refs].map((ref) => this.#identifier(ref, 'getMany'))
    return (await this.loadByIdentifier(identifiers)) as (Persistent<Entity> | null)[]
  }

  /** For the app's references: entities in the order of the identifiers. */
  async loadByIdentifier(identifiers: readonly string[]): Promise<(object | null)[]> {
    if (identifiers.length === 0) return []
    const unique = [...new Set(identifiers)]
    const rows = await this.#access.read((transaction) => this.#store.selectByKeys(unique, transaction))
    const entities = this.#entities(rows)
    const byIdentifier = new Map(entities.map((entity) => [identifierOf(entity), entity]))
    return identifiers.map((identifier) => byIdentifier.get(identifier) ?? null)
  }

  async count(where?: Where<Entity, Joined>): Promise<number> {
    const condition = conditionOf(this.model, where)
    return this.#access.read((transaction) => this.#store.count(condition, transaction))
  }

  async exists(where: Where<Entity, Joined>): Promise<boolean> {
    const query = { where: conditionOf(this.model, where), orderBy: [], limit: 1 }
    return (await this.#access.read((transaction) => this.#store.select(query, transaction))).length > 0
  }

  async aggregate<A extends Readonly<Record<string, AnyAggregate<KeyOf<Entity>>>>>(
    aggregates: A,
    where?: Where<Entity, Joined>,
  ): Promise<Aggregated<A>> {
    const condition = conditionOf(this.model, where)
    const entries = Object.entries<Aggregate<KeyOf<Entity>, unknown>>(aggregates)
    const nodes = Object.fromEntries(entries.map(([name, { node }]) => [name, checkedAggregate(this.model, node)]))
    return (await this.#access.read((transaction) =>
      this.#store.aggregate(nodes, condition, transaction),
    )) as Aggregated<A>
  }

  async *iterate(options?: IterateOptions<Entity, Joined>): AsyncIterableIterator<Persistent<Entity>> {
    for await (const batch of this.streamBatches(options)) yield* batch
  }

  async *streamBatches(options: IterateOptions<Entity, Joined> = {}): AsyncIterableIterator<Persistent<Entity>[]> {
    const limit = options.batchSize ?? DEFAULT_BATCH
    if (!Number.isSafeInteger(limit) || limit < 1)
      throw new QueryError(`batchSize must be a whole number from 1, got ${limit}`)
    const query = { ...rowQuery(this.model, { where: options.where, orderBy: options.orderBy }), limit }
    let last: Row | undefined
    do {
      const page = last ? { ...query, after: last } : query
      const rows = await this.#access.read((transaction) => this.#store.select(page, transaction))
      last = rows.length === limit ? rows.at(-1) : undefined
      if (rows.length > 0) yield this.#entities(rows) as Persistent<Entity>[]
    } while (last)
  }

  observe(ref: Ref<Entity>, { signal }: ObserveOptions = {}): AsyncIterableIterator<Persistent<Entity>> {
    const identifier = this.#identifier(ref, 'observe')
    const row = {
      watch: (onChange: () => void) => this.#store.watch(identifier, onChange),
      read: async () => (await this.loadByIdentifier([identifier]))[0] ?? null,
      missing: () => new ReferenceNotFoundError(new Reference(this.model, identifier).toString()),
    }
    return observeRow(row, signal) as AsyncIterableIterator<Persistent<Entity>>
  }

  async insert(entity: InsertData<Entity> | Transient<Entity>): Promise<Persistent<Entity>> {
    const row = this.#newRow(entity)
    await this.#insert([row], [entity])
    return this.#persistent(row)
  }

  async insertMany(entities: readonly (InsertData<Entity> | Transient<Entity>)[]): Promise<Persistent<Entity>[]> {
    if (entities.length === 0) return []
    const rows = entities.map((entity) => this.#newRow(entity))
    await this.#insert(rows, entities)
    return rows.map((row) => this.#persistent(row))
  }

  async upsert(entity: InsertData<Entity>, options: UpsertOptions<Entity>): Promise<Persistent<Entity>> {
    const row = this.#newRow(entity)
    const by: readonly string[] = options.by
    const given = Object.keys(entity).filter((name) => !by.includes(name))
    const change = options.set
      ? toStored(checkedPatch(this.model, options.set))
      : Object.fromEntries(given.map((name) => [name, row.values[name]]))
    const stored = await this.#access.write((transaction) => this.#store.upsert(row, by, change, transaction))
    if (!stored.inserted) this.#refreshHeld([stored.row.identifier], stored.row.values)
    this.#announce([stored.row.identifier])
    return this.#persistent(stored.row)
  }

  async lock(
    target: Ref<Entity> | PromiseLike<Ref<Entity> | null>,
    options: LockOptions = {},
  ): Promise<Locked<Entity> | null> {
    const pointer = isPointer(target)
      ? this.#identifier(target as Ref<Entity>, 'lock')
      : async () => {
          const ref = await target
          return ref === null ? null : this.#identifier(ref as Ref<Entity>, 'lock')
        }
    this.#access.checkApp()
    return this.#locks.lock(pointer, options) as Promise<Locked<Entity> | null>
  }

  async lockAll(refs: Iterable<Ref<Entity>>, options: LockOptions = {}): Promise<LockedAll<Entity>> {
    this.#access.checkApp()
    const wanted = [...refs].map((ref) => this.#identifier(ref, 'lockAll'))
    return (await this.#locks.lockAll(wanted, options)) as unknown as LockedAll<Entity>
  }

  update(entity: Locked<Entity>, patch: UpdateData<Entity>): Promise<Persistent<Entity>> {
    return this.#underLock(entity, 'update', async (hold, target) => {
      const putBack = assignChecked(target, checkedPatch(this.model, patch))
      try {
        return await this.#save(hold, target)
      } catch (error) {
        // A refused patch leaves nothing unsaved behind.
        if (!hold.released) putBack()
        throw error
      }
    })
  }

  save(entity: Transient<Entity> | Locked<Entity>): Promise<Persistent<Entity>> {
    if (entityState(entity)?.form === 'transient') return this.insert(entity as Transient<Entity>)
    return this.#underLock(entity, 'save', (hold, target) => this.#save(hold, target))
  }

  delete(entity: Locked<Entity>): Promise<boolean> {
    return this.#underLock(entity, 'delete', async (hold, target) => {
      const identifier = identifierOf(target)
      const deleted = await this.#access.writeLocked(hold, target, 'delete', (transaction) =>
        this.#store.delete(identifier, transaction),
      )
      hold.written(target)
      hold.forget(target)
      if (deleted) this.#announce([identifier], hold)
      return deleted
    })
  }

  async updateWhere(where: Where<Entity, Joined>, patch: UpdateData<Entity>): Promise<number> {
    const condition = this.#bulkCondition(where, 'updateWhere')
    const change = toStored(checkedPatch(this.model, patch))
    if (Object.keys(change).length === 0) return 0
    const changed = await this.#access.write((transaction) => this.#store.updateWhere(condition, change, transaction))
    this.#refreshHeld(changed, change)
    this.#announce(changed)
    return changed.length
  }

  async deleteWhere(where: Where<Entity, Joined>): Promise<number> {
    const condition = this.#bulkCondition(where, 'deleteWhere')
    const deleted = await this.#access.write((transaction) => this.#store.deleteWhere(condition, transaction))
    this.#announce(deleted)
    return deleted.length
  }

  async #save(hold: RowHold, target: object): Promise<Persistent<Entity>> {
    const change = changedValues(target)
    const identifier = identifierOf(target)
    if (Object.keys(change).length > 0) {
      const row = await this.#access.writeLocked(hold, target, 'save', (transaction) =>
        this.#store.update(identifier, change, transaction),
      )
      if (!row) throw new EntityGoneError(entityName(target))
      hold.written(target)
      acceptChanges(target)
      this.#announce([identifier], hold)
    }
    return this.#persistent({ identifier, values: storedValues(target) })
  }

  /** A write of a locked entity: the lock does not end before it, awaited or not. */
  #underLock<Result>(
    entity: unknown,
    method: string,
    write: (hold: RowHold, target: object) => Promise<Result>,
  ): Promise<Result> {
    try {
      const hold = this.#holdOf(entity, method)
      hold.check()
      return hold.during(write(hold, entity as object))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** `entities` are what the rows were made of, in their order. */
  async #insert(rows: readonly Row[], entities: readonly unknown[]): Promise<void> {
    const notStored = markStored(this.#name, rows, entities)
    try {
      await this.#access.write((transaction) => this.#store.insert(rows, transaction))
    } catch (error) {
      notStored?.()
      throw error
    }
    if (notStored) this.#access.onRollback(notStored)
    this.#announce(rows.map((row) => row.identifier))
  }

  /** What this unit of work has locked is given as it is; everything else as just read. */
  #entities(rows: readonly Row[]): object[] {
    const held = this.#access.held()
    const maker = entityMaker(this.#app, this.model)
    const entities: object[] = []
    for (const { identifier, values } of rows) {
      entities.push(held?.(identifier) ?? maker.persistent(identifier, values))
    }
    return entities
  }

  /** What was just written without them is told to the instances that this unit of work has locked. */
  #refreshHeld(identifiers: readonly string[], values: StoredValues): void {
    const held = this.#access.held()
    if (!held) return
    for (const identifier of identifiers) {
      const entity = held(identifier)
      const state = entityState(entity)
      if (!entity || state?.form !== 'locked') continue
      if (state.hold instanceof RowHold) state.hold.written(entity)
      entityMaker(this.#app, this.model).refresh(entity, values)
    }
  }

  #persistent(row: Row): Persistent<Entity> {
    return entityMaker(this.#app, this.model).persistent(row.identifier, row.values) as Persistent<Entity>
  }

  #newRow(entity: unknown): Row {
    if (typeof entity !== 'object' || entity === null)
      throw new QueryError(
        `${this.#name}.insert needs an object of values or a new ${this.#name}, got ${String(entity)}`,
      )
    const state = entityState(entity)
    if (state && state.form !== 'transient') {
      throw new QueryError(`insert(${entityName(entity)}): it is stored already`, { hint: 'Lock it and save it.' })
    }
    if (state && !sameModel(state.model, this.model))
      throw new QueryError(`${this.#name}.insert: this is a ${modelName(state.model)}`)
    // A new entity of the model that this one overrides gets the defaults of what the override adds.
    const own = state === undefined || state.model === this.model
    const values =
      state && own ? storedValues(entity as object) : toStored(checkedInput(this.model, state?.values ?? entity))
    return { identifier: Bun.randomUUIDv7(), values }
  }

  /** What is absent by mistake must not mean all of them. */
  #bulkCondition(where: unknown, method: string): ConditionNode {
    if (where !== undefined && where !== null) return conditionOf(this.model, where)
    throw new QueryError(`${this.#name}.${method} needs a condition, got ${where}`, {
      hint: `For all of them say so: ${this.#name}.all.`,
    })
  }

  #announce(identifiers: readonly string[], hold?: RowHold): void {
    if (identifiers.length > 0) this.#access.afterCommit(() => this.#store.announce(identifiers), hold)
  }

  #identifier(ref: Ref<Entity>, method: string): string {
    const reference = referenceFrom(this.model, ref)
    if (typeof reference === 'string') throw new QueryError(`${this.#name}.${method}: ${reference}`)
    reference.checkApp(this.#app)
    return reference.identifier
  }

  #holdOf(entity: unknown, method: string): RowHold {
    const state = entityState(entity)
    if (state?.form === 'locked' && state.hold instanceof RowHold) {
      if (state.app !== this.#app) throw new ForeignAppError(entityName(entity), state.app.name, this.#app.name)
      if (!sameModel(state.model, this.model))
        throw new QueryError(`${this.#name}.${method}: this is a ${modelName(state.model)}`)
      return state.hold
    }
    const why = state ? 'it is not locked' : 'this is not an entity that a repository made (a copy is none)'
    throw new NotLockedError(state ? entityName(entity) : this.#name, method, why)
  }
}

function identifierOf(entity: object): string {
  const state = entityState(entity)
  return state && state.form !== 'transient' ? state.identifier : ''
}

/** A reference is thenable, and must not be awaited: that would read the entity. */
function isPointer(value: unknown): boolean {
  return typeof referenceModel(value) !== 'undefined' || entityState(value) !== undefined
}

function referenceModel(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'identifier' in value && 'model' in value
    ? value.model
    : undefined
}
