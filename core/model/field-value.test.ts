import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { defineModel, field, FieldValidationError } from '../index.ts'
import type { AnyField } from './field-type.ts'

class Customer extends defineModel({ name: 'Customer', fields: { name: field.string() } }) {}
class Other extends defineModel({ name: 'Other', fields: { name: field.string() } }) {}
const uuid = '0192AAAA-bbbb-4ccc-8ddd-eeeeeeeeeeee'
const big = 2n ** 63n

/** A model of one field, without the types that would refuse what is tested. */
function modelOf(value: AnyField) {
  return defineModel({ name: 'One', fields: { value } }) as unknown as new (input: unknown) => { value: unknown }
}

function failuresOf(make: () => unknown): string[] {
  try {
    make()
  } catch (error) {
    if (error instanceof FieldValidationError) return error.failures.map(({ path, message }) => `${path} ${message}`)
    throw error
  }
  return []
}

/** Builder, what it takes with what that becomes, and what it refuses with the words it does it in. */
const builders: [string, AnyField, [unknown, unknown][], [unknown, string][]][] = [
  [
    'string',
    field.string().min(2).max(4),
    [
      ['Zoë!', 'Zoë!'],
      ['👍👍👍👍', '👍👍👍👍'],
    ],
    [
      ['a', 'value must have at least 2 characters, has 1'],
      ['abcde', 'value must have at most 4 characters, has 5'],
      [5, 'value must be text, got 5'],
      ['a\0', 'value must not contain a NUL character'],
      ['\ud800a', 'value must not contain half of a surrogate pair'],
    ],
  ],
  ['string().fixed', field.string().fixed(2), [['ab', 'ab']], [['abc', 'value must have exactly 2 characters, has 3']]],
  [
    'string().pattern',
    field.string().pattern(/[a-z]+/g),
    [['abc', 'abc']],
    [['abc1', 'value must match ^(?:[a-z]+)$']],
  ],
  ['text', field.text(), [['', '']], [[true, 'value must be text, got true']]],
  [
    'int',
    field.int(),
    [
      [-0, 0],
      [2147483647, 2147483647],
    ],
    [
      [2147483648, 'value must be a whole number from -2147483648 to 2147483647, got 2147483648'],
      [1.5, 'got 1.5'],
      ['1', 'got "1"'],
      [Number.NaN, 'got NaN'],
    ],
  ],
  ['smallint', field.smallint(), [[-32768, -32768]], [[32768, 'from -32768 to 32767']]],
  [
    'bigint',
    field.bigint(),
    [[-big, -big]],
    [
      [big, 'value must be a bigint of 64 bits'],
      [1, 'got 1'],
    ],
  ],
  [
    'decimal',
    field.decimal(5, 2),
    [
      ['1.005', 1],
      [1.015, 1.02],
      [-0.001, 0],
    ],
    [
      [1000, 'value must have at most 3 digits before the point'],
      [Infinity, 'must be a decimal number'],
      ['1,5', 'got "1,5"'],
    ],
  ],
  [
    'decimal().asString',
    field.decimal(20, 4).asString(),
    [
      ['1.00005', '1.0000'],
      [2, '2.0000'],
    ],
    [['1e99', 'digits before']],
  ],
  ['float', field.float(), [[0.1, Math.fround(0.1)]], [['1', 'value must be a number']]],
  ['double', field.double(), [[0.1, 0.1]], [[1n, 'value must be a number, got 1']]],
  ['boolean', field.boolean(), [[false, false]], [[0, 'value must be true or false, got 0']]],
  ['uuid', field.uuid(), [[uuid, uuid.toLowerCase()]], [['0192', 'value must be a UUID, got "0192"']]],
  [
    'timestamp',
    field.timestamp(),
    [],
    [
      ['soon', 'value must be a point in time'],
      [new Date(Number.NaN), 'a point in time'],
    ],
  ],
  ['date', field.date(), [], [['2026-02-29', 'value must be a date, got "2026-02-29"']]],
  [
    'time',
    field.time(),
    [
      ['23:59:59.9999999', Temporal.PlainTime.from('23:59:59.999999')],
      ['12:00:00.1234567', Temporal.PlainTime.from('12:00:00.123457')],
    ],
    [
      ['25:00', 'value must be a time of day'],
      [5, 'a time of day, got 5'],
    ],
  ],
  ['duration', field.duration(), [], [['an hour', 'value must be a duration']]],
  [
    'json',
    field.json(z.object({ a: z.number() })),
    [[{ a: 1 }, { a: 1 }]],
    [
      [{ a: 'x' }, 'value'],
      [{}, 'value'],
    ],
  ],
  [
    'json without a schema',
    field.json(),
    [
      [
        [null, { a: [1] }],
        [null, { a: [1] }],
      ],
    ],
    [
      [() => 1, 'value must be a JSON value, got a function'],
      [1n, 'value must be a JSON value'],
      [['\0'], 'NUL'],
    ],
  ],
  [
    'bytes',
    field.bytes(),
    [[new Uint8Array([1]), new Uint8Array([1])]],
    [[[1], 'value must be a Uint8Array, got a list']],
  ],
  [
    'array',
    field.array(field.int()),
    [
      [
        [1, 2],
        [1, 2],
      ],
    ],
    [
      [[1, 'x'], 'value.1 must be a whole number'],
      ['ab', 'value must be a list'],
    ],
  ],
  [
    'enum',
    field.enum('Color', ['red', 'blue']),
    [['red', 'red']],
    [['green', 'value must be one of "red", "blue", got "green"']],
  ],
  [
    'object',
    field.object({ city: field.string(), zip: field.int().optional() }),
    [[{ city: 'Oslo' }, { city: 'Oslo', zip: undefined }]],
    [
      [{ zip: 'x' }, 'value.city is required'],
      [{ zip: 'x' }, 'value.zip must be a whole number'],
      [{ city: 'Oslo', planet: 1 }, 'value.planet is not a field'],
      [[], 'value must be an object, got a list'],
    ],
  ],
  [
    'ref',
    field.ref(Customer),
    [],
    [
      ['c1', 'value must be a reference to Customer or a stored Customer, got string'],
      [Other.ref`o1`, 'value must be a reference to Customer, got one to Other'],
      [new Customer({ name: 'new' }), 'value must be stored first: this Customer is new'],
    ],
  ],
  [
    'refs',
    field.refs(Customer),
    [],
    [
      [[Customer.ref`c1`, 5], 'value.1 must be a reference'],
      [Customer.ref`c1`, 'a list of references'],
    ],
  ],
]

describe.each(builders)('field.%s', (_name, definition, taken, refused) => {
  const One = modelOf(definition)

  test('keeps what it is made for, when new and when assigned', () => {
    for (const [given, kept] of taken) {
      const entity = new One({ value: given })
      expect(entity.value).toEqual(kept)
      entity.value = given
      expect(entity.value).toEqual(kept)
    }
  })

  test('refuses everything else, and nothing at all', () => {
    for (const [given, words] of [...refused, [undefined, 'value is required'], [null, 'value is required']] as const) {
      expect(failuresOf(() => new One({ value: given })).join('; ')).toContain(words)
    }
  })
})

describe('modifiers', () => {
  test('optional: absent is undefined, and null is taken for it', () => {
    const One = modelOf(field.int().optional())
    expect([new One({}).value, new One({ value: null }).value, new One({ value: 5 }).value]).toEqual([
      undefined,
      undefined,
      5,
    ])
  })

  test('default: for what is left out, made anew each time, checked as any value', () => {
    let count = 0
    const One = modelOf(field.int().default(() => (count += 1)))
    expect([new One({}).value, new One({}).value, new One({ value: 9 }).value]).toEqual([1, 2, 9])
    expect(failuresOf(() => new (modelOf(field.int().default(() => 1.5)))({}))).toHaveLength(1)
    expect(failuresOf(() => new (modelOf(field.int().default(1)))({ value: null }))).toEqual(['value is required'])
  })

  test('a list of secrets is a secret', () => {
    const One = modelOf(field.array(field.string().secret()))
    const made = new One({ value: ['hunter2'] })
    expect([JSON.stringify(made), Bun.inspect(made)].join()).not.toContain('hunter2')
    expect(failuresOf(() => new One({ value: [5] }))).toEqual(['value.0 must be text, got [secret]'])
  })

  test('secret: what is refused is not shown', () => {
    const One = modelOf(field.object({ pin: field.int().secret(), name: field.string() }))
    const failures = failuresOf(() => new One({ value: { pin: 'hunter2', name: 5 } }))
    expect(failures).toEqual([
      'value.pin must be a whole number from -2147483648 to 2147483647, got [secret]',
      'value.name must be text, got 5',
    ])
  })

  test('unique, index, primaryKey, backfill and renamedFrom are kept, whatever else is said, and change no value', () => {
    const made = field.string().unique().index().renamedFrom('mail').backfill('none').max(9).optional().secret()
    expect(made.definition).toMatchObject({
      unique: true,
      index: true,
      renamedFrom: 'mail',
      backfill: { value: 'none' },
      optional: true,
      secret: true,
      type: { kind: 'string', max: 9 },
    })
    expect(field.int().primaryKey().definition).toMatchObject({ primaryKey: true, unique: true })
    expect(field.string().definition).toMatchObject({ unique: false, index: false, primaryKey: false, secret: false })
    expect(new (modelOf(made))({ value: 'x' }).value).toBe('x')
  })
})
