/**
 * The forms of an entity. `Transient` is new and writable, `Persistent` is stored and read-only, `Locked` is stored, held by
 * this unit of work and writable. The marks are protected members of classes that exist only as types: spreading an entity
 * drops them, no literal can have them, and the compiler prints their names in its errors.
 */
import type { FieldsOf } from '../model/model-type.ts'
import type { AnyReference, Reference } from '../reference/reference.ts'

/** Mark of an entity that is stored. */
export declare abstract class Stored<out Entity> {
  protected readonly 'a stored entity': Entity
}

/** Mark of an entity that this unit of work has locked. */
export declare abstract class LockHeld<out Entity> {
  protected readonly 'a lock: get one with repo.lock(ref)': Entity
}

/** A new entity, not stored: writable, because nobody else has it. */
export type Transient<Entity> = Entity

/** A stored entity as it was read: read-only. Disposing it does nothing; a process reads it again after each suspension. */
export type Persistent<Entity> = Stored<Entity> & {
  readonly [Name in keyof Entity]: Name extends keyof FieldsOf<Entity> ? DeepReadonly<Entity[Name]> : Entity[Name]
} & Disposable

/** A stored entity that this unit of work has locked: writable until the lock is let go. Only `repo.lock(ref)` makes one. */
export type Locked<Entity> = LockHeld<Entity> &
  Stored<Entity> & { [Name in keyof Entity]: Entity[Name] } & Disposable &
  AsyncDisposable

/** `Lock<Persistent<Order>>` is `Locked<Order>`. */
export type Lock<Form> = Form extends Stored<infer Entity> ? Locked<Entity> : never

/** Whatever points at a stored entity. */
export type Ref<Entity> = Reference<Entity> | Persistent<Entity> | Locked<Entity>

type Atom =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | AnyReference
  | Uint8Array
  | Temporal.Instant
  | Temporal.PlainDate
  | Temporal.PlainTime
  | Temporal.Duration
  | ((...args: never) => unknown)

/** `Value` with every array and object in it read-only. */
export type DeepReadonly<Value> = Value extends Atom
  ? Value
  : Value extends readonly (infer Element)[]
    ? readonly DeepReadonly<Element>[]
    : { readonly [Name in keyof Value]: DeepReadonly<Value[Name]> }
