/** Random values of a type: few enough that they meet, odd enough to find what two storages see differently. */
import fc from 'fast-check'
import type { Shape } from './shape.ts'

/** Stands for the entity inserted as the `number`-th of a model; what does not exist yet is a reference to nothing. */
export class EntityNumber {
  readonly model: number
  readonly number: number

  constructor(model: number, number: number) {
    this.model = model
    this.number = number
  }
}

/** Wherever a name or a text goes, so may this one. */
export const HOSTILE = `'";\\ drop table victim; -- $1`
const TEXTS = [
  HOSTILE,
  '',
  'a',
  'A',
  'b',
  'aa',
  'ab',
  'ä',
  'Ä',
  'ß',
  'ς',
  'Σ',
  '%',
  '_',
  '\\',
  "o'clock",
  '"',
  '😀',
  'z ',
  '\n',
  'é',
]
const INSTANTS = [
  ...['1970-01-01T00:00:00Z', '2026-03-29T01:30:00.123456Z', '1969-12-31T23:59:59.999999Z', '0001-01-01T00:00:00Z'],
  ...['9999-12-31T23:59:59.999999Z', '+010000-01-01T00:00:00Z', '-000001-06-01T12:00:00Z', '1883-11-18T12:03:58Z'],
]
const DATES = ['1970-01-01', '2024-02-29', '0001-01-01', '9999-12-31', '+010000-01-01', '-000043-03-15', '0000-02-29']
const JSON_VALUES = [
  ...[{}, [], 'x', 0, 1.5, true, false, [null], { a: { b: [1, '2', null] } }, { [HOSTILE]: HOSTILE }, [1, [2]], ''],
]
const DOUBLES = [0, -0, 1, -1, 0.1, 0.25, 1e21, 1e-7, NaN, Infinity, -Infinity, Number.MAX_SAFE_INTEGER]

/** Only what the type accepts; references as `EntityNumber`. */
export function validValue(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'string':
    case 'text':
      return fc.constantFrom(...TEXTS.filter((text) => [...text].length <= (('max' in shape && shape.max) || 99)))
    case 'int':
      return fc.constantFrom(0, 1, 2, -1, 7, 2147483647, -2147483648)
    case 'smallint':
      return fc.constantFrom(0, 1, 2, -1, 32767, -32768)
    case 'bigint':
      return fc.constantFrom(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 9007199254740993n)
    case 'decimal':
      return decimal(shape)
    case 'float':
    case 'double':
      return fc.constantFrom(...DOUBLES)
    case 'boolean':
      return fc.boolean()
    case 'uuid':
      return fc.constantFrom(
        ...['00000000-0000-0000-0000-000000000000', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'],
        ...['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
      )
    case 'timestamp':
      return fc.oneof(
        fc.constantFrom(...INSTANTS).map((text) => Temporal.Instant.from(text)),
        fc.constantFrom('2026-01-01T00:00:00+05:30', new Date(86_400_000)),
      )
    case 'date':
      return fc.constantFrom(...DATES).map((text) => Temporal.PlainDate.from(text))
    case 'time':
      return fc
        .constantFrom('00:00', '23:59:59.999999', '12:30', '12:30:00.5')
        .map((text) => Temporal.PlainTime.from(text))
    case 'duration':
      return fc
        .constantFrom('PT0S', 'P1D', 'PT24H', '-P1Y2M', 'PT0.000001S')
        .map((text) => Temporal.Duration.from(text))
    case 'json':
      return fc.constantFrom<unknown>(...JSON_VALUES)
    case 'bytes':
      return fc.constantFrom([], [0], [255, 0, 1], [0, 0]).map((bytes) => new Uint8Array(bytes))
    case 'enum':
      return fc.constantFrom(...shape.values)
    case 'array':
      return fc.array(validValue(shape.element), { maxLength: 3 })
    case 'object': {
      const parts = Object.entries(shape.fields).map(([name, each]): [string, fc.Arbitrary<unknown>] => {
        return [name, each.optional ? fc.option(validValue(each.shape), { nil: undefined }) : validValue(each.shape)]
      })
      return fc.record(Object.fromEntries(parts))
    }
    case 'ref':
      return entity(shape.target)
    case 'refs':
      return fc.array(entity(shape.target), { maxLength: 3 })
  }
}

function entity(model: number): fc.Arbitrary<EntityNumber> {
  return fc.nat({ max: 4 }).map((number) => new EntityNumber(model, number))
}

function decimal(shape: Extract<Shape, { kind: 'decimal' }>): fc.Arbitrary<unknown> {
  const { precision, scale } = shape
  const digits = precision - scale
  const texts = ['0', '0.5', '0.25', '0.125', '0.375', '-0.5', ...(digits > 0 ? ['1', '-1', '2.5', '7.005'] : [])]
  const most = `${'9'.repeat(digits) || '0'}${scale > 0 ? `.${'9'.repeat(scale)}` : ''}`
  return fc.constantFrom(...texts, most).chain((text) => {
    return precision > 15 ? fc.constant(text) : fc.constantFrom<unknown>(text, Number(text))
  })
}

/** Mostly valid; now and then nothing, or something that the type refuses. */
export function anyValue(shape: Shape): fc.Arbitrary<unknown> {
  return fc.oneof(
    { arbitrary: validValue(shape), weight: 24 },
    { arbitrary: fc.constantFrom<unknown>(undefined, null), weight: 3 },
    { arbitrary: fc.constantFrom<unknown>('not this', 1e30, {}, '\0', [undefined]), weight: 1 },
  )
}
