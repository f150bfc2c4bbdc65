/**
 * Every repository's behaviour over the rows of a `RowStore`: forms of entities, locks and their scopes, which transaction
 * a call joins, what may be written. Adapters make one per model and app.
 */
import type { AppContext } from '../app/context.ts'
import { currentApp, isReachable } from '../app/context.ts'
import { afterCommit } from '../cell/after-commit.ts'
import { currentCell, requireCell } from '../cell/current-cell.ts'
import type { StorageTransaction } from '../cell/transaction-provider.ts'
import type { UnitOfWork } from '../cell/unit-of-work.ts'
import { ForeignAppError } from '../errors.ts'
import { lockPlace } from '../lock/lock-place.ts'
import { entityState } from '../model/entity-state.ts'
import {
  acceptChanges,
  changedValues,
  checkedInput,
  checkedPatch,
  entityName,
  makeLocked,
  makePersistent,
  storedValues,
  toStored,
} from '../model/instance.ts'
import { modelName, sameModel } from '../model/model-metadata.ts'
import type { AnyModelClass, InsertData, KeyOf, UpdateData } from '../model/model-type.ts'
import { referenceFrom } from '../model/reference-from.ts'
import { ReferenceNotFoundError } from '../reference/errors.ts'
import { Reference } from '../reference/reference.ts'
import type { Aggregate } from '../query/condition.ts'
import type { AnyAggregate, Aggregated } from '../query/field-reference.ts'
import type { Locked, Persistent, Ref, Transient } from '../type-state/state.ts'
import { EntityGoneError, NotLockedError, QueryError } from './errors.ts'
import type { FindOptions, IterateOptions, LockOptions, ObserveOptions, UpsertOptions, Where } from './query-options.ts'
import { Repository, type LockedAll } from './repository.ts'
import { heldEntity, RowHold, unitOfHold } from './row-hold.ts'
import { conditionOf, findOptions, rowQuery } from './row-query.ts'
import type { Row, RowStore } from './row-store.ts'
import { observeRow } from './observe-row.ts'
import { preload } from './preload.ts'
import { disposeAll } from './dispose-all.ts'

const DEFAULT_BATCH = 100

export class StoredRepository<Entity, Joined = never> extends Repository<Entity, Joined> {
  readonly model: AnyModelClass
  readonly #app: AppContext
  readonly #store: RowStore
  readonly #name: string

  constructor(app: AppContext, model: AnyModelClass, store: RowStore) {
    super()
    this.#app = app
    this.model = model
    this.#store = store
    this.#name = modelName(model)
  }

  async find(options?: FindOptions<Entity, Joined> | Where<Entity, Joined>): Promise<Persistent<Entity>[]> {
    const given = findOptions(this.model, options)
    const query = rowQuery(this.model, given)
    const entities = await this.#read((transaction) => this.#store.select(query, transaction))
    if (given.load && given.load.length > 0) await preload(this.#app, this.model, entities, given.load)
    return entities as Persistent<Entity>[]
  }

  async findOne(options: FindOptions<Entity, Joined> | Where<Entity, Joined>): Promise<Persistent<Entity> | null> {
    const [first] = await this.find({ ...findOptions(this.model, options), limit: 1 } as FindOptions<Entity, Joined>)
    return first ?? null
  }

  async get(ref: Ref<Entity>): Promise<Persistent<Entity> | null> {
    const [entity] = await this.loadByIdentifier([this.#identifier(ref, 'get')])
    return (entity ?? null) as Persistent<Entity> | null
  }

  async getMany(refs: Iterable<Ref<Entity>>): Promise<(Persistent<Entity> | null)[]> {
    const identifiers = [...refs].map((ref) => this.#identifier(ref, 'getMany'))
    return (await this.loadByIdentifier(identifiers)) as (Persistent<Entity> | null)[]
  }

  /** For the app's references: entities in the order of the identifiers. */
  async loadByIdentifier(identifiers: readonly string[]): Promise<(object | null)[]> {
    if (identifiers.length === 0) return []
    const unique = [...new Set(identifiers)]
    const entities = await this.#read((transaction) => this.#store.selectByKeys(unique, transaction))
    const byIdentifier = new Map(entities.map((entity) => [identifierOf(entity), entity]))
    return identifiers.map((identifier) => byIdentifier.get(identifier.toLowerCase()) ?? null)
  }

  count(where?: Where<Entity, Joined>): Promise<number> {
    const condition = conditionOf(this.model, where)
    return this.#runRead((transaction) => this.#store.count(condition, transaction))
  }

  async exists(where: Where<Entity, Joined>): Promise<boolean> {
    const query = { where: conditionOf(this.model, where), orderBy: [], limit: 1 }
    return (await this.#runRead((transaction) => this.#store.select(query, transaction))).length > 0
  }

  async aggregate<A extends Readonly<Record<string, AnyAggregate<KeyOf<Entity>>>>>(
    aggregates: A,
    where?: Where<Entity, Joined>,
  ): Promise<Aggregated<A>> {
    const condition = conditionOf(this.model, where)
    const entries = Object.entries<Aggregate<KeyOf<Entity>, unknown>>(aggregates)
    const nodes = Object.fromEntries(entries.map(([name, aggregate]) => [name, aggregate.node]))
    return (await this.#runRead((transaction) => this.#store.aggregate(nodes, condition, transaction))) as Aggregated<A>
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
      const rows = await this.#runRead((transaction) => this.#store.select(page, transaction))
      last = rows.length === limit ? rows.at(-1) : undefined
      if (rows.length > 0) yield (await this.#entities(rows)) as Persistent<Entity>[]
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
    const [stored] = await this.insertMany([entity])
    return stored as Persistent<Entity>
  }

  async insertMany(entities: readonly (InsertData<Entity> | Transient<Entity>)[]): Promise<Persistent<Entity>[]> {
    if (entities.length === 0) return []
    const rows = entities.map((entity) => this.#newRow(entity))
    await this.#run((transaction) => this.#store.insert(rows, transaction))
    this.#announce(rows.map((row) => row.identifier))
    return rows.map((row) => this.#persistent(row))
  }

  async upsert(entity: InsertData<Entity>, options: UpsertOptions<Entity>): Promise<Persistent<Entity>> {
    const row = this.#newRow(entity)
    const by: readonly string[] = options.by
    const given = Object.keys(entity).filter((name) => !by.includes(name))
    const change = options.set
      ? toStored(checkedPatch(this.model, options.set))
      : Object.fromEntries(given.map((name) => [name, row.values[name]]))
    const stored = await this.#run((transaction) => this.#store.upsert(row, by, change, transaction))
    this.#announce([stored.row.identifier])
    return this.#persistent(stored.row)
  }

  async lock(
    target: Ref<Entity> | PromiseLike<Ref<Entity> | null>,
    options: LockOptions = {},
  ): Promise<Locked<Entity> | null> {
    const cell = requireCell(`${this.#name}.lock`)
    const place = lockPlace(cell.name, this.lock)
    const ref = isPointer(target) ? target : await target
    if (ref === null) return null
    const identifier = this.#identifier(ref as Ref<Entity>, 'lock')
    const key = `${this.#name}(${identifier})`
    const scope = await cell.openScope()
    try {
      const unit = await cell.unit(this.#store.provider)
      const timeout = options.timeout ?? cell.patience()
      const entity = await unit.exclusive(async (begin) => {
        const held = heldEntity(unit, key)
        if (held) {
          held.hold.reuse(held.entity, unit)
          return held.entity
        }
        const { root } = unit
        root.onEnd(() => this.#store.unlock(root))
        const request = { identifier, owner: root, target: key, place, timeout, first: !unit.started }
        const row = await this.#store.lock(request, begin)
        if (!row) return null
        const hold = new RowHold(unit, cell, scope, key, key)
        const made = makeLocked(this.#app, this.model, row.identifier, row.values, hold)
        hold.keep(made)
        return made
      })
      if (!entity || heldEntity(unit, key)?.hold.scope !== scope) await scope.close()
      return entity as Locked<Entity> | null
    } catch (error) {
      await scope.fail()
      throw error
    }
  }

  async lockAll(refs: Iterable<Ref<Entity>>, options: LockOptions = {}): Promise<LockedAll<Entity>> {
    const wanted = [...refs].map((ref) => this.#identifier(ref, 'lockAll'))
    const locked = new Map<string, Locked<Entity> | null>()
    const scope = await requireCell(`${this.#name}.lockAll`).openScope()
    try {
      for (const identifier of [...new Set(wanted)].sort()) {
        const reference = referenceFrom(this.model, this.#reference(identifier))
        locked.set(identifier, await this.lock(reference as unknown as Ref<Entity>, options))
      }
    } catch (error) {
      for (const entity of locked.values()) await entity?.[Symbol.asyncDispose]()
      await scope.fail()
      throw error
    }
    await scope.close()
    return disposeAll(
      wanted.map((identifier) => locked.get(identifier) ?? null),
      [...locked.values()],
    )
  }

  async update(entity: Locked<Entity>, patch: UpdateData<Entity>): Promise<Persistent<Entity>> {
    this.#holdOf(entity, 'update').check()
    const target = entity as Record<string, unknown>
    const change = checkedPatch(this.model, patch)
    const before = Object.fromEntries(Object.keys(change).map((name) => [name, target[name]]))
    Object.assign(target, change)
    try {
      return await this.save(entity)
    } catch (error) {
      // A refused patch leaves nothing unsaved behind.
      if (!this.#holdOf(entity, 'update').released) Object.assign(target, before)
      throw error
    }
  }

  async save(entity: Transient<Entity> | Locked<Entity>): Promise<Persistent<Entity>> {
    if (entityState(entity)?.form === 'transient') return this.insert(entity as Transient<Entity>)
    const hold = this.#holdOf(entity, 'save')
    hold.check()
    const target = entity as object
    const change = changedValues(target)
    const identifier = identifierOf(target)
    if (Object.keys(change).length === 0) return this.#persistent({ identifier, values: storedValues(target) })
    const row = await this.#runLocked(hold, target, 'save', (transaction) =>
      this.#store.update(identifier, change, transaction),
    )
    if (!row) throw new EntityGoneError(entityName(target))
    acceptChanges(target)
    this.#announce([identifier])
    return this.#persistent({ identifier, values: storedValues(target) })
  }

  async delete(entity: Locked<Entity>): Promise<boolean> {
    const hold = this.#holdOf(entity, 'delete')
    hold.check()
    const target = entity as object
    const identifier = identifierOf(target)
    const deleted = await this.#runLocked(hold, target, 'delete', (transaction) =>
      this.#store.delete(identifier, transaction),
    )
    hold.forget(target)
    if (deleted) this.#announce([identifier])
    return deleted
  }

  async updateWhere(where: Where<Entity, Joined>, patch: UpdateData<Entity>): Promise<number> {
    const condition = conditionOf(this.model, where)
    const change = toStored(checkedPatch(this.model, patch))
    const changed = await this.#run((transaction) => this.#store.updateWhere(condition, change, transaction))
    this.#announce(changed)
    return changed.length
  }

  async deleteWhere(where: Where<Entity, Joined>): Promise<number> {
    const condition = conditionOf(this.model, where)
    const deleted = await this.#run((transaction) => this.#store.deleteWhere(condition, transaction))
    this.#announce(deleted)
    return deleted.length
  }

  /** In the cell's transaction when it has one, else by itself. */
  async #run<Result>(work: (transaction: StorageTransaction | undefined) => Promise<Result>): Promise<Result> {
    this.#checkApp()
    const unit = await currentCell()?.joinedUnit(this.#store.provider)
    return unit ? unit.run(work) : work(undefined)
  }

  /** Sees what the cell's transaction wrote, but does not begin one. */
  async #runRead<Result>(work: (transaction: StorageTransaction | undefined) => Promise<Result>): Promise<Result> {
    this.#checkApp()
    const unit = await currentCell()?.joinedUnit(this.#store.provider)
    return unit?.started ? unit.run(work) : work(undefined)
  }

  async #runLocked<Result>(
    hold: RowHold,
    entity: object,
    method: string,
    work: (transaction: StorageTransaction) => Promise<Result>,
  ): Promise<Result> {
    this.#checkApp()
    const unit = await unitOfHold(hold)
    if (!unit) {
      throw new NotLockedError(
        entityName(entity),
        method,
        `it is locked in ${hold.unit.name}, and this is ${currentCell()?.name}`,
      )
    }
    return unit.run(work)
  }

  async #read(work: (transaction: StorageTransaction | undefined) => Promise<readonly Row[]>): Promise<object[]> {
    return this.#entities(await this.#runRead(work))
  }

  /** What this unit of work has locked is given as it is; everything else as just read. */
  async #entities(rows: readonly Row[]): Promise<object[]> {
    const unit: UnitOfWork | undefined = await currentCell()?.joinedUnit(this.#store.provider)
    return rows.map((row) => {
      const held = unit && heldEntity(unit, `${this.#name}(${row.identifier})`)
      return held?.entity ?? makePersistent(this.#app, this.model, row.identifier, row.values)
    })
  }

  #persistent(row: Row): Persistent<Entity> {
    return makePersistent(this.#app, this.model, row.identifier, row.values) as Persistent<Entity>
  }

  #newRow(entity: unknown): Row {
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

  #announce(identifiers: readonly string[]): void {
    if (identifiers.length > 0) afterCommit(() => this.#store.announce(identifiers))
  }

  #identifier(ref: Ref<Entity>, method: string): string {
    const reference = referenceFrom(this.model, ref)
    if (typeof reference === 'string') throw new QueryError(`${this.#name}.${method}: ${reference}`)
    return reference.identifier.toLowerCase()
  }

  #reference(identifier: string): unknown {
    const statics = this.model as unknown as { ref(identifier: string): unknown }
    return statics.ref(identifier)
  }

  #holdOf(entity: unknown, method: string): RowHold {
    const state = entityState(entity)
    if (state?.form === 'locked' && state.hold instanceof RowHold) {
      if (state.app !== this.#app) throw new ForeignAppError(entityName(entity), state.app.name, this.#app.name)
      return state.hold
    }
    const why = state ? 'it is not locked' : 'this is not an entity that a repository made (a copy is none)'
    throw new NotLockedError(state ? entityName(entity) : this.#name, method, why)
  }

  #checkApp(): void {
    const app = currentApp()
    if (app && !isReachable(this.#app, app))
      throw new ForeignAppError(`The repository of ${this.#name}`, this.#app.name, app.name)
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
