/** What the reading methods of repositories take. */
import type { InsertData, KeyOf } from '../model/model-type.ts'
import type { Condition, Order } from '../query/condition.ts'
import type { FieldReference } from '../query/field-reference.ts'

/** A condition, or field values that must all be equal. */
export type Where<Entity, Joined = never> = Condition<KeyOf<Entity>, Joined> | Partial<InsertData<Entity>>

export interface FindOptions<Entity, Joined = never> {
  readonly where?: Where<Entity, Joined>
  /** The first counts most. Without one: in the order of insertion. */
  readonly orderBy?: Order<KeyOf<Entity>> | readonly Order<KeyOf<Entity>>[]
  readonly limit?: number
  readonly offset?: number
  /** Reference fields whose entities are read together with these, in one more query each. */
  readonly load?: readonly FieldReference<KeyOf<Entity>, unknown>[]
}

export interface IterateOptions<Entity, Joined = never> {
  readonly where?: Where<Entity, Joined>
  readonly orderBy?: Order<KeyOf<Entity>> | readonly Order<KeyOf<Entity>>[]
  /** Entities per query (default 100). */
  readonly batchSize?: number
}

export interface ObserveOptions {
  /** Ends the observation. Default: the signal of the cell that begins to read. */
  readonly signal?: AbortSignal
}

export interface LockOptions {
  /** Milliseconds to wait at most (default: the cell's, 5,000). */
  readonly timeout?: number
}

export interface UpsertOptions<Entity> {
  /** Fields that are unique, alone or together. */
  readonly by: readonly (keyof InsertData<Entity> & string)[]
  /** What to set when the entity exists (default: everything but `by`). */
  readonly set?: Partial<InsertData<Entity>>
}
