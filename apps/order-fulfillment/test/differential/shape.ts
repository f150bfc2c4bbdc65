/** Random models, as data: what fast-check makes, shrinks and prints, and the model classes made of it. */
import { defineModel, field, type AnyModelClass } from '@justscale/core'
import fc from 'fast-check'
import { HOSTILE, validValue } from './value.ts'

export type Scalar =
  | { readonly kind: 'string'; readonly max?: number }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number; readonly asString: boolean }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | {
      readonly kind:
        | 'text'
        | 'int'
        | 'smallint'
        | 'bigint'
        | 'float'
        | 'double'
        | 'boolean'
        | 'uuid'
        | 'timestamp'
        | 'date'
        | 'time'
        | 'duration'
        | 'json'
        | 'bytes'
    }

export type Shape =
  | Scalar
  | { readonly kind: 'array'; readonly element: Shape }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, FieldShape>> }
  /** `target`: position of the model. */
  | { readonly kind: 'ref' | 'refs'; readonly target: number }

export interface FieldShape {
  readonly shape: Shape
  readonly optional: boolean
  readonly unique: boolean
  readonly default?: { readonly value: unknown }
}

/** Models, by position; references go to earlier ones and, where they may be absent, to the model itself. */
export type Schema = readonly Readonly<Record<string, FieldShape>>[]

const NAMES = [
  'order',
  'user',
  'createdAt',
  'camelCaseName',
  'a',
  'b',
  'value',
  'naïve',
  'X',
  'where',
  HOSTILE,
] as const

const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  fc.record({ kind: fc.constant('string' as const), max: fc.constantFrom(3, 20) }, { requiredKeys: ['kind'] }),
  fc
    .tuple(fc.constantFrom([3, 0], [4, 2], [2, 2], [12, 4], [15, 15], [30, 10]), fc.boolean())
    .map(([[precision = 1, scale = 0], asString]) => {
      return { kind: 'decimal' as const, precision, scale, asString: asString || precision > 15 }
    }),
  fc.constantFrom(['red', 'green', 'blue'], ['only'], ['z', 'a', HOSTILE, '']).map((values) => {
    return { kind: 'enum' as const, values }
  }),
  fc
    .constantFrom(
      ...(['text', 'int', 'smallint', 'bigint', 'float', 'double', 'boolean', 'uuid', 'timestamp'] as const),
      ...(['date', 'time', 'duration', 'json', 'bytes', 'int', 'timestamp', 'text'] as const),
    )
    .map((kind) => ({ kind })),
)

const nested: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape; object: Shape; array: Shape }>((tie) => ({
  shape: fc.oneof({ depthSize: 'small' }, { arbitrary: scalar, weight: 4 }, tie('array'), tie('object')),
  array: tie('shape').map((element) => ({ kind: 'array' as const, element })),
  object: fc
    .dictionary(fc.constantFrom('city', 'zip', 'x', HOSTILE), part(tie('shape')), { minKeys: 1, maxKeys: 3 })
    .map((fields) => ({ kind: 'object' as const, fields })),
})).shape

function part(shape: fc.Arbitrary<Shape>): fc.Arbitrary<FieldShape> {
  return fc.tuple(shape, fc.boolean()).map(([inner, optional]) => ({ shape: inner, optional, unique: false }))
}

export const schema: fc.Arbitrary<Schema> = fc.integer({ min: 1, max: 3 }).chain((count) => {
  return fc.tuple(...Array.from({ length: count }, (_, position) => model(position)))
})

function model(position: number): fc.Arbitrary<Readonly<Record<string, FieldShape>>> {
  return fc.dictionary(fc.constantFrom(...NAMES), fieldShape(position), { minKeys: 2, maxKeys: 6 })
}

function fieldShape(position: number): fc.Arbitrary<FieldShape> {
  const reference = fc
    .tuple(fc.constantFrom('ref' as const, 'refs' as const), fc.integer({ min: 0, max: position }), fc.boolean())
    .map(([kind, target, optional]): FieldShape => {
      return { shape: { kind, target }, optional: optional || target === position, unique: false }
    })
  const value = nested.chain((shape) => {
    return fc
      .record({ optional: fc.boolean(), unique: chance(9), default: fc.option(validValue(shape), { nil: undefined }) })
      .map((given): FieldShape => {
        const kept = { shape, optional: given.optional, unique: given.unique }
        return given.default === undefined ? kept : { ...kept, default: { value: given.default } }
      })
  })
  return fc.oneof({ arbitrary: value, weight: 3 }, { arbitrary: reference, weight: 1 })
}

function chance(oneIn: number): fc.Arbitrary<boolean> {
  return fc.integer({ min: 1, max: oneIn }).map((number) => number === 1)
}

/** The model classes; `name` makes their tables distinct. */
export function modelsOf(name: string, shapes: Schema): readonly AnyModelClass[] {
  const models: AnyModelClass[] = []
  for (const [position, fields] of shapes.entries()) {
    const target = (at: number) => () => models[at]
    const built = Object.entries(fields).map(([key, each]) => [key, fieldOf(each, target, `${name}${position}${key}`)])
    const definition = { name: `${name}${position}`, fields: Object.fromEntries(built) as object }
    models.push(defineModel(definition as never) as unknown as AnyModelClass)
  }
  return models
}

/** Of `field`'s builders only what is called here: which modifiers a field has depends on its type. */
interface Builder {
  max(length: number): Builder
  asString(): Builder
  optional(): Builder
  unique(): Builder
  default(value: unknown): Builder
}

type TargetAt = (position: number) => () => AnyModelClass | undefined

function fieldOf({ shape, optional, unique, default: fallback }: FieldShape, target: TargetAt, name: string): Builder {
  let builder = builderOf(shape, target, name)
  if (unique) builder = builder.unique()
  if (fallback) builder = builder.default(fallback.value)
  return optional ? builder.optional() : builder
}

function builderOf(shape: Shape, target: TargetAt, name: string): Builder {
  const make = field as unknown as Record<string, (...given: readonly unknown[]) => Builder>
  const call = (kind: string, ...given: readonly unknown[]) => make[kind]!(...given)
  switch (shape.kind) {
    case 'string':
      return shape.max === undefined ? call('string') : call('string').max(shape.max)
    case 'decimal': {
      const builder = call('decimal', shape.precision, shape.scale)
      return shape.asString ? builder.asString() : builder
    }
    case 'enum':
      return call('enum', name, shape.values)
    case 'array':
      return call('array', builderOf(shape.element, target, name))
    case 'object': {
      const inner = Object.entries(shape.fields).map(([key, each]) => [key, fieldOf(each, target, `${name}${key}`)])
      return call('object', Object.fromEntries(inner))
    }
    case 'ref':
    case 'refs':
      return call(shape.kind, target(shape.target))
    default:
      return call(shape.kind)
  }
}
