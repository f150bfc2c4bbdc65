/**
 * The contract of repositories. Reads need no lock and give what the storage holds now; every change of a stored entity
 * needs the entity locked, and there is no overload without. All calls in a cell that has a transaction open join it.
 */
import type { InsertData, KeyOf, UpdateData } from '../model/model-type.ts'
import type { AnyAggregate, Aggregated } from '../query/field-reference.ts'
import type { Locked, Persistent, Ref, Transient } from '../type-state/state.ts'
import type { FindOptions, IterateOptions, LockOptions, ObserveOptions, UpsertOptions, Where } from './query-options.ts'

/** `Joined` is the union of models that conditions may walk into with `has`. */
export abstract class Repository<in out Entity, out Joined = never> {
  /** Only for the types. */
  declare protected readonly 'models that conditions may walk into'?: Joined

  abstract find(options?: FindOptions<Entity, Joined> | Where<Entity, Joined>): Promise<Persistent<Entity>[]>
  /** The first that meets the condition, `null` when there is none. */
  abstract findOne(options: FindOptions<Entity, Joined> | Where<Entity, Joined>): Promise<Persistent<Entity> | null>
  /** `null` when it does not exist. */
  abstract get(ref: Ref<Entity>): Promise<Persistent<Entity> | null>
  /** In the order asked for, `null` for what does not exist. One query. */
  abstract getMany(refs: Iterable<Ref<Entity>>): Promise<(Persistent<Entity> | null)[]>
  abstract count(where?: Where<Entity, Joined>): Promise<number>
  abstract exists(where: Where<Entity, Joined>): Promise<boolean>
  /** `await orders.aggregate({ total: q.sum(Order.fields.amount) }, where)` gives `{ total }`. */
  abstract aggregate<A extends Readonly<Record<string, AnyAggregate<KeyOf<Entity>>>>>(
    aggregates: A,
    where?: Where<Entity, Joined>,
  ): Promise<Aggregated<A>>
  /** One by one, read in batches by position in the order: what is inserted or deleted meanwhile shifts nothing. */
  abstract iterate(options?: IterateOptions<Entity, Joined>): AsyncIterableIterator<Persistent<Entity>>
  /** As `iterate`, a batch at a time. */
  abstract streamBatches(options?: IterateOptions<Entity, Joined>): AsyncIterableIterator<Persistent<Entity>[]>
  /**
   * The entity now and after each committed change, until it is deleted, the loop ends or `signal` aborts (default: the signal
   * of the cell that begins to read, so a client that goes ends it). Changes may be merged. The first read rejects with
   * `ReferenceNotFoundError` when it does not exist.
   */
  abstract observe(ref: Ref<Entity>, options?: ObserveOptions): AsyncIterableIterator<Persistent<Entity>>

  /** Rejects with `FieldValidationError`, `UniqueViolationError` or `ReferenceViolationError`. */
  abstract insert(entity: InsertData<Entity> | Transient<Entity>): Promise<Persistent<Entity>>
  /** All or none. */
  abstract insertMany(entities: readonly (InsertData<Entity> | Transient<Entity>)[]): Promise<Persistent<Entity>[]>
  /** Inserts, or changes the one that has the same `by` fields. */
  abstract upsert(entity: InsertData<Entity>, options: UpsertOptions<Entity>): Promise<Persistent<Entity>>

  /**
   * Locks and reads as one act; `null` when it does not exist. Rejects with `LockTimeoutError` or `DeadlockError`.
   * Locking again what this unit of work has locked gives the same instance.
   */
  abstract lock(
    ref: Ref<Entity> | PromiseLike<Ref<Entity> | null>,
    options?: LockOptions,
  ): Promise<Locked<Entity> | null>
  /** Locks several in an order that cannot deadlock with another `lockAll`; answers in the order asked for. */
  abstract lockAll(refs: Iterable<Ref<Entity>>, options?: LockOptions): Promise<LockedAll<Entity>>
  /** Changes and saves the named fields. */
  abstract update(entity: Locked<Entity>, patch: UpdateData<Entity>): Promise<Persistent<Entity>>
  /** Stores a new entity, or the changed fields of a locked one. */
  abstract save(entity: Transient<Entity> | Locked<Entity>): Promise<Persistent<Entity>>
  /** False when it was deleted before, in this unit of work. */
  abstract delete(entity: Locked<Entity>): Promise<boolean>
  /** Locks and changes everything that meets the condition. Gives how many. */
  abstract updateWhere(where: Where<Entity, Joined>, patch: UpdateData<Entity>): Promise<number>
  /** Locks and deletes everything that meets the condition. Gives how many. */
  abstract deleteWhere(where: Where<Entity, Joined>): Promise<number>
}

/** A list of locks that is disposed as one. */
export type LockedAll<Entity> = readonly (Locked<Entity> | null)[] & Disposable & AsyncDisposable
