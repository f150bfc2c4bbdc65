/**
 * Conditions, orders, selections and aggregates as data. Users make them from `Model.fields` and `q`; adapters interpret the
 * closed unions. Values in nodes are already checked and in the field's own form (`Temporal` values, identifiers of
 * references as text), so that every adapter compares the same things.
 */
import type { FieldType } from '../model/field-definition.ts'
import type { AnyModelClass } from '../model/model-type.ts'

/** Where a value sits in an entity: `['status']`, or `['address', 'city']` inside a nested object. */
export interface FieldPath {
  readonly model: AnyModelClass
  readonly path: readonly [string, ...string[]]
  /** Type of the value at the end of the path. */
  readonly type: FieldType
}

export type Comparison = 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte'

/**
 * `null` never compares: `eq`, `neq`, `gt`, `in`, `like` and their negations are false for an absent value, except
 * that `neq(value)` and `notIn(values)` are true for it (the entity does not have that value).
 */
export type ConditionNode =
  | { readonly kind: 'always'; readonly holds: boolean }
  | { readonly kind: 'compare'; readonly field: FieldPath; readonly operator: Comparison; readonly value: unknown }
  /** Both ends included. */
  | { readonly kind: 'between'; readonly field: FieldPath; readonly low: unknown; readonly high: unknown }
  | { readonly kind: 'in'; readonly field: FieldPath; readonly values: readonly unknown[]; readonly negated: boolean }
  | { readonly kind: 'match'; readonly field: FieldPath; readonly pattern: TextPattern; readonly ignoreCase: boolean }
  | { readonly kind: 'absent'; readonly field: FieldPath; readonly negated: boolean }
  /** Of a list: holds one, any, all of the values, or (`overlaps`) at least one in common. For `refs`, identifiers. */
  | {
      readonly kind: 'elements'
      readonly field: FieldPath
      readonly test: 'any' | 'all'
      readonly values: readonly unknown[]
    }
  /** Of a reference or references: an entity pointed at meets the condition. */
  | {
      readonly kind: 'has'
      readonly field: FieldPath
      readonly target: AnyModelClass
      readonly condition: ConditionNode
    }
  | { readonly kind: 'and'; readonly parts: readonly ConditionNode[] }
  | { readonly kind: 'or'; readonly parts: readonly ConditionNode[] }
  /** True where `part` is not true, absent values included. */
  | { readonly kind: 'not'; readonly part: ConditionNode }

export type TextPattern =
  /** `%` is any text, `_` one character, `\` takes the next character literally. */
  | { readonly kind: 'like'; readonly text: string }
  | { readonly kind: 'starts' | 'ends' | 'contains'; readonly text: string }

/** A condition on entities of the model `Key`; `Joined` are the models it walks into with `has`. */
export class Condition<in out Key, out Joined = never> {
  declare protected readonly 'a condition': { key: (key: Key) => Key; joined: Joined }
  readonly node: ConditionNode

  constructor(node: ConditionNode) {
    this.node = node
  }
}

/** One key of an order. Absent values come last unless `nulls` says otherwise, whatever the direction. */
export interface OrderNode {
  readonly field: FieldPath
  readonly direction: 'asc' | 'desc'
  readonly nulls: 'first' | 'last'
}

export class Order<in out Key> {
  declare protected readonly 'an order': (key: Key) => Key
  readonly node: OrderNode

  constructor(node: OrderNode) {
    this.node = node
  }
}

export type AggregateNode =
  | { readonly kind: 'count'; readonly field?: FieldPath; readonly distinct: boolean }
  | { readonly kind: 'sum' | 'avg' | 'min' | 'max'; readonly field: FieldPath }

/** A number or value computed over all entities that a query finds. */
export class Aggregate<in out Key, out Value> {
  declare protected readonly 'an aggregate': { key: (key: Key) => Key; value: Value }
  readonly node: AggregateNode

  constructor(node: AggregateNode) {
    this.node = node
  }
}
