/**
 * `field`: the builders that a model's fields are written with. Builders are immutable; each modifier gives a new one.
 * The type of a reference field keeps the target as written (`Creator` or `() => Creator`), which is what lets models in
 * two files refer to each other.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { DefinitionError } from '../errors.ts'
import { refuseName } from './field-definitions.ts'
import { isModelClass } from './model-metadata.ts'
import { jsonSchema } from './json-schema.ts'
import { ArrayField, DecimalField, Field, plainDefinition, RefField, RefsField, StringField } from './field-class.ts'
import type { AnyField, FieldProps, Fields, FieldsInput, InputOf, ReadOf } from './field-type.ts'
import type { AnyModelClass } from './model-type.ts'

/** Accepted for points in time, dates, times and durations, besides the Temporal value that reading gives. */
type InstantInput = Temporal.Instant | Date | string
type DateInput = Temporal.PlainDate | Date | string
type TimeInput = Temporal.PlainTime | string
type DurationInput = Temporal.Duration | string

/** Digits that a number holds exactly. */
type NumberPrecision = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15

/** A decimal that no number holds: only text does, and it is no field before `.asString()`. */
export interface LargeDecimal {
  readonly 'a decimal of more than 15 digits does not fit a number: write .asString()': never
  asString(): DecimalField<string, number | string, false>
}

type Decimal<Precision extends number> = number extends Precision
  ? DecimalField<number, number | string, false>
  : Precision extends NumberPrecision
    ? DecimalField<number, number | string, false>
    : LargeDecimal

const simple = <Value, Input, Kind extends string>(
  kind:
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
    | 'bytes',
) => new Field<Value, Input, false, Kind>(plainDefinition({ kind }))

/** Fields of models: `field.string().max(80)`. A field is required unless it is `.optional()` or has a `.default(...)`. */
export const field = {
  /** Text, with limits if wanted: `.max(n)`, `.min(n)`, `.fixed(n)`, `.pattern(regexp)`. */
  string: (): StringField<string, false> => new StringField(plainDefinition({ kind: 'string' })),
  /** Text of any length. */
  text: () => simple<string, string, 'string'>('text'),
  /** A whole number from -2,147,483,648 to 2,147,483,647. */
  int: () => simple<number, number, 'number'>('int'),
  /** A whole number from -32,768 to 32,767. */
  smallint: () => simple<number, number, 'number'>('smallint'),
  /** A 64-bit whole number as a `bigint`. */
  bigint: () => simple<bigint, bigint, 'bigint'>('bigint'),
  /**
   * An exact decimal of `precision` digits, `scale` of them after the point. Up to 15 digits it is a `number`, rounded
   * half-even to the scale whenever it is assigned; larger ones must say `.asString()`.
   */
  decimal: <const Precision extends number>(precision: Precision, scale: number): Decimal<Precision> => {
    if (!Number.isInteger(precision) || !Number.isInteger(scale) || precision < 1 || scale < 0 || scale > precision) {
      throw new DefinitionError(
        `field.decimal(${precision}, ${scale}): precision and scale must be whole, 0 <= scale <= precision`,
      )
    }
    return new DecimalField(plainDefinition({ kind: 'decimal', precision, scale, as: 'number' })) as Decimal<Precision>
  },
  /** A 32-bit floating-point number. */
  float: () => simple<number, number, 'number'>('float'),
  /** A 64-bit floating-point number. There is one zero: `-0` becomes `0`. */
  double: () => simple<number, number, 'number'>('double'),
  boolean: () => simple<boolean, boolean, 'boolean'>('boolean'),
  /** A UUID as lower-case text. */
  uuid: () => simple<string, string, 'string'>('uuid'),
  /** A point in time: `Temporal.Instant`, to the microsecond. */
  timestamp: () => simple<Temporal.Instant, InstantInput, 'time'>('timestamp'),
  /** A calendar date: `Temporal.PlainDate`. */
  date: () => simple<Temporal.PlainDate, DateInput, 'time'>('date'),
  /** A time of day: `Temporal.PlainTime`, to the microsecond. */
  time: () => simple<Temporal.PlainTime, TimeInput, 'time'>('time'),
  /** A length of time: `Temporal.Duration`, kept as written. */
  duration: () => simple<Temporal.Duration, DurationInput, 'duration'>('duration'),
  /** Any JSON value; with a Standard Schema it is checked when written. */
  json,
  /** Bytes. */
  bytes: () => simple<Uint8Array, Uint8Array, 'bytes'>('bytes'),
  /** A list of values: `field.array(field.string())`. */
  array: <Element extends AnyField>(element: Element): ArrayField<ReadOf<Element>, InputOf<Element>, false> => {
    const { type, secret } = element.definition
    if (type.kind === 'ref' || type.kind === 'refs') {
      throw new DefinitionError('field.array(field.ref(...)) is not a field', { hint: 'Use field.refs(Model).' })
    }
    return new ArrayField({ ...plainDefinition({ kind: 'array', element: type }), secret })
  },
  /** One of the given texts; `name` names the type in storage. */
  enum: <const Values extends readonly [string, ...string[]]>(name: string, values: Values) => {
    if (values.length === 0 || new Set(values).size < values.length)
      throw new DefinitionError(`field.enum('${name}', [...]): needs values, each of them once`)
    return new Field<Values[number], Values[number], false, 'enum'>(
      plainDefinition({ kind: 'enum', name, values: [...values] }),
    )
  },
  /** A nested object with fields of its own: `Order.fields.address.city.eq('Oslo')`. */
  object: <F extends Fields>(fields: F) =>
    new Field<FieldProps<F>, FieldsInput<F>, false, NestedKind<F>>(
      plainDefinition({
        kind: 'object',
        fields: Object.fromEntries(
          Object.entries(fields).map(([name, f]) => {
            refuseName('field.object', name)
            return [name, f.definition]
          }),
        ),
      }),
    ),
  /** A reference to one entity: `field.ref(Creator)`, or `field.ref(() => Creator)` where the models refer to each other. */
  ref: <Link extends object>(target: Link): RefField<Link> =>
    new RefField(plainDefinition({ kind: 'ref', target: modelThunk(target) })),
  /** References to any number of entities, in order. */
  refs: <Link extends object>(target: Link): RefsField<Link> =>
    new RefsField(plainDefinition({ kind: 'refs', target: modelThunk(target) })),
} as const

/** Kind of a nested object: carries the inner fields, so that conditions can walk in. */
export interface NestedKind<F extends Fields> {
  readonly nested: F
}

function json<Value>(): Field<Value, Value, false, 'json'>
function json<Schema extends StandardSchemaV1>(
  schema: Schema,
): Field<StandardSchemaV1.InferOutput<Schema>, StandardSchemaV1.InferInput<Schema>, false, 'json'>
function json(schema?: StandardSchemaV1): Field<unknown, unknown, false, 'json'> {
  return new Field(
    plainDefinition(schema === undefined ? { kind: 'json' } : { kind: 'json', schema: jsonSchema(schema) }),
  )
}

function modelThunk(target: unknown): () => AnyModelClass {
  if (isModelClass(target)) return () => target
  if (typeof target !== 'function') {
    throw new DefinitionError(`field.ref needs a model or () => Model, got ${typeof target}`, {
      hint: 'If the model is imported from a file that imports this one, write field.ref(() => Model).',
    })
  }
  return () => {
    const model: unknown = target()
    if (isModelClass(model)) return model
    throw new DefinitionError('field.ref(() => ...) did not give a model')
  }
}
