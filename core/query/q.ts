/** `q`: combines conditions and names aggregates. */
import { Aggregate, Condition } from './condition.ts'
import type { FieldReference, NumberFieldReference, OrderedFieldReference } from './field-reference.ts'

/** Joins conditions (`q.and`, `q.or`, `q.not`) and counts what they hold for (`q.sum`, `q.count`, ... of `aggregate`). */
export const q = {
  /** All of them; with none, always true. */
  and: <Key, Joined = never>(...parts: readonly Condition<Key, Joined>[]): Condition<Key, Joined> =>
    new Condition({ kind: 'and', parts: parts.map((part) => part.node) }),
  /** At least one of them; with none, never true. */
  or: <Key, Joined = never>(...parts: readonly Condition<Key, Joined>[]): Condition<Key, Joined> =>
    new Condition({ kind: 'or', parts: parts.map((part) => part.node) }),
  /** Where the condition is not true; entities without a value count as not true. */
  not: <Key, Joined = never>(part: Condition<Key, Joined>): Condition<Key, Joined> =>
    new Condition({ kind: 'not', part: part.node }),
  /** How many entities; with a field, how many have a value. */
  count: <Key>(field?: FieldReference<Key, unknown>): Aggregate<Key, number> =>
    new Aggregate({ kind: 'count', distinct: false, ...(field && { field: field.field }) }),
  /** How many different values. */
  countDistinct: <Key>(field: FieldReference<Key, unknown>): Aggregate<Key, number> =>
    new Aggregate({ kind: 'count', distinct: true, field: field.field }),
  /** The sum of the values, `null` if there are none. */
  sum: <Key, Value>(field: NumberFieldReference<Key, Value, never>): Aggregate<Key, NonNullable<Value> | null> =>
    new Aggregate({ kind: 'sum', field: field.field }),
  /** The average of the values, `null` if there are none. */
  avg: <Key, Value>(field: NumberFieldReference<Key, Value, never>): Aggregate<Key, number | null> =>
    new Aggregate({ kind: 'avg', field: field.field }),
  /** The smallest value, `null` if there are none. */
  min: <Key, Value>(field: OrderedFieldReference<Key, Value, never>): Aggregate<Key, NonNullable<Value> | null> =>
    new Aggregate({ kind: 'min', field: field.field }),
  /** The largest value, `null` if there are none. */
  max: <Key, Value>(field: OrderedFieldReference<Key, Value, never>): Aggregate<Key, NonNullable<Value> | null> =>
    new Aggregate({ kind: 'max', field: field.field }),
} as const
