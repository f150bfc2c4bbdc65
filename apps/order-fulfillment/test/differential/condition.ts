/** Random conditions, orders and aggregates, as data, and what they are in the query language of a model. */
import { Condition, q, type AnyModelClass } from '@justscale/core'
import fc from 'fast-check'
import type { Schema, Shape } from './shape.ts'
import { validValue } from './value.ts'

/** A call on `Model.fields.<path>`: `['eq', 5]`; `has` carries another condition on the target. */
export type ConditionShape =
  | { readonly all: readonly ConditionShape[] }
  | { readonly any: readonly ConditionShape[] }
  | { readonly not: ConditionShape }
  | { readonly path: readonly string[]; readonly call: string; readonly values: readonly unknown[] }
  | { readonly path: readonly string[]; readonly target: number; readonly has: ConditionShape }

export interface OrderShape {
  readonly path: readonly string[]
  readonly direction: 'asc' | 'desc'
  readonly nulls?: 'first' | 'last'
}

export interface AggregateShape {
  readonly kind: 'count' | 'countDistinct' | 'sum' | 'avg' | 'min' | 'max'
  readonly path?: readonly string[]
}

interface Place {
  readonly path: readonly string[]
  readonly shape: Shape
}

const ORDERED = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const
const MATCHES = ['like', 'ilike', 'startsWith', 'endsWith', 'contains'] as const
const NUMBERS: readonly string[] = ['int', 'smallint', 'bigint', 'decimal', 'float', 'double']
const UNORDERED: readonly string[] = ['json', 'bytes', 'duration', 'array', 'object', 'ref', 'refs']

export function condition(schema: Schema, model: number, depth = 3): fc.Arbitrary<ConditionShape> {
  const tests = placesOf(schema, model).map((place) => test(schema, place, depth))
  const leaf = fc.oneof(...tests)
  if (depth === 0) return leaf
  const inner = condition(schema, model, depth - 1)
  const several = fc.array(inner, { maxLength: 3 })
  return fc.oneof(
    { arbitrary: leaf, weight: 5 },
    several.map((all) => ({ all })),
    several.map((any) => ({ any })),
    inner.map((not) => ({ not })),
  )
}

export function orders(schema: Schema, model: number): fc.Arbitrary<readonly OrderShape[]> {
  const places = placesOf(schema, model).filter(({ shape }) => isOrdered(shape))
  if (places.length === 0) return fc.constant([])
  const one = fc
    .tuple(
      fc.constantFrom(...places),
      fc.constantFrom('asc' as const, 'desc' as const),
      fc.option(fc.constantFrom('first' as const, 'last' as const), { nil: undefined }),
    )
    .map(([{ path }, direction, nulls]): OrderShape => ({ path, direction, ...(nulls && { nulls }) }))
  return fc.array(one, { maxLength: 2 })
}

export function aggregates(schema: Schema, model: number): fc.Arbitrary<readonly AggregateShape[]> {
  const places = placesOf(schema, model)
  const of = (kind: AggregateShape['kind'], fits: (shape: Shape) => boolean) =>
    places.filter(({ shape }) => fits(shape)).map(({ path }): AggregateShape => ({ kind, path }))
  const numeric = (shape: Shape) => NUMBERS.includes(shape.kind)
  const extreme = (shape: Shape) => isOrdered(shape) && shape.kind !== 'enum' && shape.kind !== 'boolean'
  const possible: readonly AggregateShape[] = [
    { kind: 'count' },
    ...of('count', () => true),
    ...of('countDistinct', (shape) => !UNORDERED.includes(shape.kind)),
    ...of('sum', numeric),
    ...of('avg', numeric),
    ...of('min', extreme),
    ...of('max', extreme),
  ]
  return fc.array(fc.constantFrom(...possible), { minLength: 1, maxLength: 4 })
}

function isOrdered({ kind }: Shape): boolean {
  return !UNORDERED.includes(kind)
}

/** Fields, and the parts of nested objects. */
function placesOf(schema: Schema, model: number): readonly Place[] {
  const inside = (place: Place): readonly Place[] =>
    place.shape.kind === 'object'
      ? Object.entries(place.shape.fields).flatMap(([name, { shape }]) =>
          inside({ path: [...place.path, name], shape }),
        )
      : [place]
  const whole = Object.entries(schema[model] ?? {}).map(([name, { shape }]) => ({ path: [name], shape }))
  return [...whole, ...whole.filter(({ shape }) => shape.kind === 'object').flatMap(inside)]
}

function test(schema: Schema, { path, shape }: Place, depth: number): fc.Arbitrary<ConditionShape> {
  const value = validValue(shape)
  const list = fc.array(value, { maxLength: 3 })
  const make = (call: string, values: fc.Arbitrary<readonly unknown[]>) =>
    values.map((given): ConditionShape => ({ path, call, values: given }))
  const one = (call: string, given: fc.Arbitrary<unknown> = value) =>
    make(
      call,
      given.map((each) => [each]),
    )
  const absence = fc.constantFrom('isNull', 'isNotNull').map((call): ConditionShape => ({ path, call, values: [] }))
  const among = fc.oneof(one('in', list), one('notIn', list))
  switch (shape.kind) {
    case 'json':
    case 'bytes':
    case 'duration':
    case 'object':
      return absence
    case 'enum':
    case 'boolean':
      return fc.oneof(absence, one('eq'), one('neq'), among)
    case 'array':
    case 'refs': {
      const element = shape.kind === 'array' ? shape.element : ({ kind: 'ref', target: shape.target } as const)
      const elements = fc.array(validValue(element), { maxLength: 2 })
      const tests = fc.oneof(one('contains', validValue(element)), one('hasAny', elements), one('hasAll', elements))
      return shape.kind === 'refs'
        ? fc.oneof(absence, tests, has(schema, path, shape.target, depth))
        : fc.oneof(absence, tests)
    }
    case 'ref':
      return fc.oneof(absence, one('eq'), one('neq'), among, has(schema, path, shape.target, depth))
    default: {
      const ordered = fc.constantFrom(...ORDERED).chain((call) => one(call))
      const between = make('between', fc.tuple(value, value))
      const tests = fc.oneof(absence, { arbitrary: ordered, weight: 3 }, among, between)
      if (shape.kind !== 'string' && shape.kind !== 'text') return tests
      const pattern = fc.oneof(validValue({ kind: 'text' }), fc.constantFrom('%a%', '_', 'A%', '\\%', '%ä', 'a\\'))
      return fc.oneof(
        tests,
        fc.constantFrom(...MATCHES).chain((call) => one(call, pattern)),
      )
    }
  }
}

function has(schema: Schema, path: readonly string[], target: number, depth: number): fc.Arbitrary<ConditionShape> {
  if (depth === 0) return fc.constant({ path, call: 'isNull', values: [] })
  return condition(schema, target, depth - 1).map((inner) => ({ path, target, has: inner }))
}

type Loose = Readonly<Record<string, (...given: readonly unknown[]) => unknown>>

/** What `path` names: `Model.fields.address.city`. */
export function placeOf(model: AnyModelClass, path: readonly string[]): Loose {
  let place: unknown = (model as unknown as { readonly fields: unknown }).fields
  for (const name of path) place = (place as Readonly<Record<string, unknown>>)[name]
  return place as Loose
}

/** `resolve` turns the entity numbers in values into references. */
export function conditionOf(
  models: readonly AnyModelClass[],
  model: number,
  shape: ConditionShape,
  resolve: (value: unknown) => unknown,
): Condition<unknown> {
  const inner = (each: ConditionShape, of = model) => conditionOf(models, of, each, resolve)
  if ('all' in shape) return q.and(...shape.all.map((each) => inner(each)))
  if ('any' in shape) return q.or(...shape.any.map((each) => inner(each)))
  if ('not' in shape) return q.not(inner(shape.not))
  const place = placeOf(models[model]!, shape.path)
  if ('has' in shape) return place.has!(inner(shape.has, shape.target)) as Condition<unknown>
  return place[shape.call]!(...shape.values.map(resolve)) as Condition<unknown>
}
