/**
 * The types of `Model.fields.<name>`: which tests each kind of field has. The run-time object behind all of them is one
 * class, `make-field-reference.ts`; the types decide what may be called.
 */
import type { AnyReference } from '../reference/reference.ts'
import type { fieldFacts, Fields, InputOf, KindOf, ReadOf } from '../model/field-type.ts'
import type { NestedKind } from '../model/field.ts'
import type { KeyOf } from '../model/model-type.ts'
import type { Aggregate, Condition, FieldPath, Order } from './condition.ts'

export declare const selects: unique symbol

/** What every field has. `Value` is what `select` reads. */
export interface FieldReference<Key, Value> {
  readonly [selects]: { readonly value: Value; readonly key: (key: Key) => Key }
  /** For adapters and library authors. */
  readonly field: FieldPath
  /** The entity has no value. */
  isNull(): Condition<Key>
  isNotNull(): Condition<Key>
}

export interface EqualityFieldReference<Key, Value, Input> extends FieldReference<Key, Value> {
  eq(value: Input): Condition<Key>
  /** Another value, or none. */
  neq(value: Input): Condition<Key>
  in(values: readonly Input[]): Condition<Key>
  /** None of the values, or no value. */
  notIn(values: readonly Input[]): Condition<Key>
}

export interface OrderedFieldReference<Key, Value, Input> extends EqualityFieldReference<Key, Value, Input> {
  gt(value: Input): Condition<Key>
  gte(value: Input): Condition<Key>
  lt(value: Input): Condition<Key>
  lte(value: Input): Condition<Key>
  /** Both ends included. */
  between(low: Input, high: Input): Condition<Key>
  /** Absent values last unless `nulls` says otherwise. */
  asc(nulls?: 'first' | 'last'): Order<Key>
  desc(nulls?: 'first' | 'last'): Order<Key>
}

export interface StringFieldReference<Key, Value> extends OrderedFieldReference<Key, Value, string> {
  /** `%` is any text, `_` one character; `\` takes the next character literally. */
  like(pattern: string): Condition<Key>
  /** As `like`, in any case. */
  ilike(pattern: string): Condition<Key>
  startsWith(text: string): Condition<Key>
  endsWith(text: string): Condition<Key>
  contains(text: string): Condition<Key>
}

export interface EnumFieldReference<Key, Value, Input> extends EqualityFieldReference<Key, Value, Input> {
  /** In the order in which the values are declared. */
  asc(nulls?: 'first' | 'last'): Order<Key>
  desc(nulls?: 'first' | 'last'): Order<Key>
}

export interface NumberFieldReference<Key, Value, Input> extends OrderedFieldReference<Key, Value, Input> {
  readonly numeric: true
}

export interface TimeFieldReference<Key, Value, Input> extends OrderedFieldReference<Key, Value, Input> {
  before(value: Input): Condition<Key>
  after(value: Input): Condition<Key>
}

export interface BooleanFieldReference<Key, Value> extends EqualityFieldReference<Key, Value, boolean> {
  isTrue(): Condition<Key>
  isFalse(): Condition<Key>
  asc(nulls?: 'first' | 'last'): Order<Key>
  desc(nulls?: 'first' | 'last'): Order<Key>
}

export interface ArrayFieldReference<Key, Value, Element> extends FieldReference<Key, Value> {
  /** Has this element. */
  contains(element: Element): Condition<Key>
  hasAny(elements: readonly Element[]): Condition<Key>
  hasAll(elements: readonly Element[]): Condition<Key>
  /** Has an element in common: `hasAny` by another name. */
  overlaps(elements: readonly Element[]): Condition<Key>
}

export interface RefFieldReference<Key, Value, Input, Target> extends EqualityFieldReference<Key, Value, Input> {
  /** The entity it points at meets the condition. */
  has<Joined>(condition: Condition<KeyOf<Target>, Joined>): Condition<Key, Target | Joined>
}

export interface RefsFieldReference<Key, Value, Input, Target> extends FieldReference<Key, Value> {
  contains(element: Input): Condition<Key>
  hasAny(elements: readonly Input[]): Condition<Key>
  hasAll(elements: readonly Input[]): Condition<Key>
  /** One of the entities it points at meets the condition. */
  has<Joined>(condition: Condition<KeyOf<Target>, Joined>): Condition<Key, Target | Joined>
}

type NestedReference<Key, Value, F extends Fields> = FieldReference<Key, Value> & FieldReferences<Key, F>

type ElementOf<List> = NonNullable<List> extends readonly (infer Element)[] ? Element : never
type TargetOfField<Field> = Field extends { readonly [fieldFacts]: { readonly target: infer Target } } ? Target : never
type ElementRefOf<List> = Exclude<ElementOf<Exclude<List, AnyReference>>, undefined>

type ReferenceOfKind<Key, Field, Kind> = Kind extends 'string'
  ? StringFieldReference<Key, ReadOf<Field>>
  : Kind extends 'number' | 'bigint' | 'decimal'
    ? NumberFieldReference<Key, ReadOf<Field>, Exclude<InputOf<Field>, undefined>>
    : Kind extends 'enum'
      ? EnumFieldReference<Key, ReadOf<Field>, Exclude<InputOf<Field>, undefined>>
      : Kind extends 'boolean'
        ? BooleanFieldReference<Key, ReadOf<Field>>
        : Kind extends 'time'
          ? TimeFieldReference<Key, ReadOf<Field>, Exclude<InputOf<Field>, undefined>>
          : Kind extends 'array'
            ? ArrayFieldReference<Key, ReadOf<Field>, ElementOf<InputOf<Field>>>
            : Kind extends 'ref'
              ? RefFieldReference<Key, ReadOf<Field>, Exclude<InputOf<Field>, undefined>, TargetOfField<Field>>
              : Kind extends 'refs'
                ? RefsFieldReference<Key, ReadOf<Field>, ElementRefOf<InputOf<Field>>, TargetOfField<Field>>
                : Kind extends NestedKind<infer Inner>
                  ? NestedReference<Key, ReadOf<Field>, Inner>
                  : FieldReference<Key, ReadOf<Field>>

/** `Model.fields`. */
export type FieldReferences<Key, F extends Fields> = {
  readonly [Name in keyof F]: ReferenceOfKind<Key, F[Name], KindOf<F[Name]>>
}

/** What `select: { title: Post.fields.title }` gives for each entity. */
export type Selection<Key> = Readonly<Record<string, FieldReference<Key, unknown>>>
export type Selected<S> = {
  readonly [Name in keyof S]: S[Name] extends { readonly [selects]: { readonly value: infer Value } } ? Value : never
}

export type AnyAggregate<Key> = Aggregate<Key, unknown>
export type Aggregated<A> = {
  readonly [Name in keyof A]: A[Name] extends Aggregate<infer _Key, infer Value> ? Value : never
}
