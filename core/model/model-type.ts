/**
 * The type of a model class and of its new instances. A model with a `name` is nominal by that name; without one, by its
 * fields. `BaseModel`'s protected member marks what only `new` makes: a mapped type drops it, so a stored entity is not one.
 */
import type { Condition } from '../query/condition.ts'
import type { FieldReferences } from '../query/field-reference.ts'
import type { InstanceOf } from '../container/token.ts'
import type { Reference, References } from '../reference/reference.ts'
import type { Ref } from '../type-state/state.ts'
import type { AnyField, FieldProps, Fields, FieldsInput, IsOptional, ReadOf } from './field-type.ts'
import type { modelMetadata, ModelMetadata } from './model-metadata.ts'

/** Any model's instance. */
export declare abstract class AnyModel {
  protected readonly 'an instance of a model': true
}

export declare abstract class BaseModel<in out Key, F extends Fields, Injected> extends AnyModel {
  protected readonly 'a new, unsaved instance': { key: (key: Key) => Key; fields: F; inject: Injected }
}

/** Mark of an override's instances: which model's place they take. */
export declare abstract class OverrideOf<out Base> {
  protected readonly 'an override of': Base
}

/** Any model class. */
export type AnyModelClass = (abstract new (...args: never) => AnyModel) & { readonly [modelMetadata]: ModelMetadata }

/** The model class of an entity type. */
export type ModelClassOf<Entity> = (abstract new (...args: never) => Entity) & {
  readonly [modelMetadata]: ModelMetadata
}

/** What tells two models apart: the name if one is given. */
export type ModelKey<Name extends string, F> = string extends Name ? F : Name

export type FieldsOf<Entity> =
  Entity extends BaseModel<infer _Key, infer F, infer _Injected> ? F : Record<never, AnyField>
export type KeyOf<Entity> = Entity extends BaseModel<infer Key, infer _F, infer _Injected> ? Key : never
/** What `new Model(input)` and `repo.insert(input)` take. */
export type InsertData<Entity> = FieldsInput<FieldsOf<Entity>>
/** What `repo.update(locked, patch)` takes. */
export type UpdateData<Entity> = Partial<InsertData<Entity>>

/** Services that a model's `inject` makes reachable on `this`. */
export type InjectedProps<Injected> = { readonly [Name in keyof Injected]: InstanceOf<Injected[Name]> }

export interface MakeReference {
  /** Order.ref`${text}`: a reference from a key that came from outside. */
  <M extends AnyModelClass>(
    this: M,
    text: TemplateStringsArray,
    ...values: readonly unknown[]
  ): Reference<InstanceType<M>>
  /** A reference to a stored entity, or from a key that came from outside. */
  <M extends AnyModelClass>(this: M, target: Ref<InstanceType<M>> | string): Reference<InstanceType<M>>
}

export type MakeReferences = <M extends AnyModelClass>(
  this: M,
  targets: Iterable<Ref<InstanceType<M>> | string>,
) => References<InstanceType<M>>

/** An added field that code which knows only the model could not leave out. */
export interface AddedFieldError<Name> {
  readonly 'an added field must be optional or have a default': Name
}

/** A field of the model that an override defines again with another type. */
export interface ChangedTypeError<Name> {
  readonly 'a field that an override defines again keeps its type': Name
}

type OverridingFields<F, More> = {
  readonly [Name in keyof More]: Name extends keyof F
    ? [ReadOf<F[Name]>, ReadOf<More[Name]>] extends [ReadOf<More[Name]>, ReadOf<F[Name]>]
      ? unknown
      : ChangedTypeError<Name>
    : IsOptional<More[Name]> extends true
      ? unknown
      : AddedFieldError<Name>
}

/** What `Model.override` adds: fields and injected services. */
export interface ModelOverride<F extends Fields, Injected> {
  readonly fields?: F
  readonly inject?: Injected
}

export interface ModelStatics<Key, F extends Fields, Injected> {
  readonly [modelMetadata]: ModelMetadata
  /** Starting points of conditions and orders: `Order.fields.status.eq('paid')`. */
  readonly fields: FieldReferences<Key, F>
  readonly ref: MakeReference
  readonly refs: MakeReferences
  /** The condition that every entity meets. */
  readonly all: Condition<Key>
  /**
   * The same model with more fields and services, for one app: `class AppUser extends User.override({...}) {}`. Bind it in
   * the model's place. Code that knows only the model goes on working, so added fields are optional or have a default, and
   * fields that are defined again keep their type.
   */
  override<M extends AnyModelClass, More extends Fields = Record<never, AnyField>, MoreInjected = unknown>(
    this: M,
    change: ModelOverride<More & OverridingFields<F, More>, MoreInjected>,
  ): OverrideConstructor<InstanceType<M>, Key, F & More, More, Injected & MoreInjected>
}

/** A model with the instances of the one that it overrides, and more. */
export type OverrideConstructor<Base, Key, F extends Fields, More extends Fields, Injected> = ModelStatics<
  Key,
  F,
  Injected
> &
  (new (
    input: FieldsInput<F>,
  ) => Base & BaseModel<Key, F, Injected> & OverrideOf<Base> & FieldProps<More> & InjectedProps<Injected>)

export type ModelConstructor<Key, F extends Fields, Injected> = ModelStatics<Key, F, Injected> &
  (new (input: FieldsInput<F>) => BaseModel<Key, F, Injected> & FieldProps<F> & InjectedProps<Injected>)
