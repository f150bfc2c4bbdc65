import { describe, expect, test } from 'bun:test'
import type { Root, ValueType } from './codec.ts'
import { createValueCodec } from './create-codec.ts'
import { ValueDecodeError, ValueEncodeError } from './errors.ts'

const codec = createValueCodec()
const copy = <Value>(value: Value): Value => codec.decodeValue(codec.encodeValue(value, 'value')) as Value
const roots = (values: Record<string, unknown>): Root[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }))

describe('values that come back as they were', () => {
  const holes = [1, , 3] as unknown[]
  const sparse: unknown[] = []
  sparse[100_000] = 'far'
  const table: Record<string, unknown> = {
    nothing: undefined,
    null: null,
    yes: true,
    text: 'a\u0000b \ud800 "',
    zero: 0,
    minusZero: -0,
    nan: Number.NaN,
    infinities: [Infinity, -Infinity],
    big: 12345678901234567890n,
    minusBig: -1n,
    date: new Date(5),
    invalid: new Date(Number.NaN),
    instant: Temporal.Instant.from('2026-11-21T05:00:00.123456789Z'),
    month: Temporal.PlainYearMonth.from('2026-11'),
    zoned: Temporal.ZonedDateTime.from('2026-11-21T05:00:00+01:00[Europe/Berlin]'),
    duration: Temporal.Duration.from('P1M2DT3S'),
    day: Temporal.PlainDate.from('2026-11-21'),
    time: Temporal.PlainTime.from('05:00:01'),
    monthDay: Temporal.PlainMonthDay.from('11-21'),
    dateTime: Temporal.PlainDateTime.from('2026-11-21T05:00'),
    map: new Map<unknown, unknown>([
      [{ a: 1 }, 'x'],
      ['k', new Map()],
    ]),
    set: new Set([1, 'a', { b: 2 }]),
    url: new URL('https://example.org/a?b=c#d'),
    query: new URLSearchParams('a=1&a=2'),
    pattern: /a(b)/giu,
    bytes: new Uint8Array([0, 1, 255]),
    floats: new Float64Array([1.5, -0]),
    bigs: new BigInt64Array([-5n]),
    buffer: Buffer.from('hello'),
    raw: new Uint8Array([9, 8]).buffer,
    holes,
    sparse,
    nested: { a: [{ b: [] }, {}] },
    bare: Object.assign(Object.create(null), { a: 1 }),
    proto: JSON.parse('{"__proto__": {"x": 1}}'),
    match: 'a-b'.match(/-(b)/),
    manyEntries: new Map(Array.from({ length: 700 }, (_, index) => [index, { index }])),
    many: new Set(Array.from({ length: 700 }, (_, index) => `v${index}`)),
    long: Array.from({ length: 1_000 }, (_, index) => ({ index })),
  }
  for (const [name, value] of Object.entries(table)) {
    test(name, () => {
      if (value instanceof Date || value instanceof URLSearchParams) expect(String(copy(value))).toBe(String(value))
      else expect(copy(value)).toStrictEqual(value)
      expect(Object.is(copy(value), -0)).toBe(Object.is(value, -0))
    })
  }

  test('errors with class, message, stack, cause, own properties and AggregateError', () => {
    const error = Object.assign(new TypeError('wrong', { cause: new RangeError('deep') }), {
      status: 402,
      details: { a: [1] },
    })
    const back = copy(error)
    expect(back).toBeInstanceOf(TypeError)
    expect([back.message, back.stack, back.status, back.details]).toEqual(['wrong', error.stack, 402, { a: [1] }])
    expect(back.cause).toBeInstanceOf(RangeError)
    expect((copy(new AggregateError([new Error('one')], 'all')).errors[0] as Error).message).toBe('one')
    expect(Object.keys(copy(new Error('plain')))).toEqual([])
  })

  test('an error of a class of its own keeps its name and the nearest built-in class', () => {
    class CardDeclined extends TypeError {
      override readonly name = 'CardDeclined'
      readonly request = { socket: new WeakMap() }
    }
    const back = copy(new CardDeclined('no')) as CardDeclined
    expect(back).toBeInstanceOf(TypeError)
    expect(back.name).toBe('CardDeclined')
    expect(String(back.request)).toContain('not stored')
  })

  test('depth is no limit', () => {
    let deep: unknown[] = []
    for (let level = 0; level < 100_000; level++) deep = [deep]
    let back = copy(deep)
    let levels = 0
    while (back.length > 0) {
      back = back[0] as unknown[]
      levels++
    }
    expect(levels).toBe(100_000)
  })
})

describe('identity', () => {
  test('cycles and shared objects inside a value', () => {
    const shared = { n: 1 }
    const value: Record<string, unknown> = { a: shared, b: [shared], map: new Map([[shared, shared]]) }
    value.self = value
    const back = copy(value)
    expect(back.self).toBe(back)
    expect((back.b as unknown[])[0]).toBe(back.a)
    expect((back.map as Map<unknown, unknown>).get(back.a)).toBe(back.a)
  })

  test('views of one buffer, in one value and between roots', () => {
    const bytes = new Uint8Array([1, 2, 3, 4])
    const one = copy({ bytes, buffer: bytes.buffer, words: new Uint16Array(bytes.buffer, 2, 1) })
    one.bytes[2] = 9
    expect([one.bytes.buffer === one.buffer, one.words[0]]).toEqual([true, 9 + 4 * 256])
    const view = new DataView(bytes.buffer, 1)
    const back = codec.decode(codec.encode(roots({ bytes, view, buffer: bytes.buffer })).snapshot)
    ;(back.get('view') as DataView).setUint8(0, 7)
    expect(back.get('bytes')).toEqual(new Uint8Array([1, 7, 3, 4]))
    expect((back.get('bytes') as Uint8Array).buffer).toBe(back.get('buffer') as ArrayBuffer)
  })

  test('shared objects between roots, also out of chunks', () => {
    const items = Array.from({ length: 1_000 }, (_, id) => ({ id }))
    const { snapshot } = codec.encode(roots({ items, item: items[700], bytes: new Uint8Array(items.length) }))
    const back = codec.decode(snapshot)
    expect((back.get('items') as unknown[])[700]).toBe(back.get('item'))
  })

  test('two views of one buffer stay on one buffer', () => {
    const buffer = new ArrayBuffer(8)
    const back = copy([new Uint8Array(buffer, 2, 4), new DataView(buffer)] as const)
    back[0][0] = 7
    expect(back[1].getUint8(2)).toBe(7)
  })
})

describe('what is written', () => {
  test('an unchanged root is not written again', () => {
    const items = Array.from({ length: 10_000 }, (_, id) => ({ id, name: `item ${id}` }))
    const first = codec.encode(roots({ items, index: 0, item: items[0] }))
    const second = codec.encode(roots({ items, index: 1, item: items[1] }), first.snapshot)
    const bytes = second.written.reduce((sum, part) => sum + (second.snapshot.parts.get(part)?.length ?? 0), 0)
    expect(second.written).toHaveLength(2)
    expect(bytes).toBeLessThan(40)
    expect(second.dropped).toEqual([])
  })

  test('a push onto a long array writes its tail and its length only', () => {
    const items = Array.from({ length: 10_000 }, (_, id) => ({ id }))
    const first = codec.encode(roots({ items }))
    items.push({ id: -1 })
    const second = codec.encode(roots({ items }), first.snapshot)
    expect(second.written).toHaveLength(2)
    expect((codec.decode(second.snapshot).get('items') as unknown[]).at(-1)).toEqual({ id: -1 })
  })

  test('parts of roots that are gone are dropped, and roots keep their part', () => {
    const first = codec.encode(roots({ a: 1, b: Array.from({ length: 300 }, () => 1), c: 3 }))
    const second = codec.encode(roots({ c: 3, d: 4 }), first.snapshot)
    expect(second.snapshot.roots.get('c')).toBe(first.snapshot.roots.get('c') as number)
    expect(second.dropped).toHaveLength(3)
    expect(codec.decode(second.snapshot)).toEqual(
      new Map([
        ['c', 3],
        ['d', 4],
      ]),
    )
  })

  test('an object that moved to another root comes back whole', () => {
    const shared = { deep: { a: 1 } }
    const first = codec.encode(roots({ a: shared, b: shared }))
    const second = codec.encode(roots({ a: null, b: shared }), first.snapshot)
    expect(codec.decode(second.snapshot).get('b')).toEqual({ deep: { a: 1 } })
  })
})

describe('what is refused', () => {
  class Socket {}
  const table: readonly (readonly [string, unknown, path: string, what: string])[] = [
    ['function', { jobs: [{ go() {} }] }, '.jobs[0].go', "the function 'go'"],
    ['arrow', [() => 1], '[0]', 'a function'],
    ['promise', { a: Promise.resolve() }, '.a', 'a promise'],
    ['symbol', { a: Symbol('s') }, '.a', 'the symbol Symbol(s)'],
    ['symbol key', { [Symbol('k')]: 1 }, '', 'the symbol Symbol(k)'],
    ['class', new Map([['odd key', new Socket()]]), '["odd key"]', 'an instance of Socket'],
    ['weak map', { a: new WeakMap() }, '.a', 'an instance of WeakMap'],
    ['subclass of Map', { a: new (class Cache extends Map {})() }, '.a', 'an instance of Cache'],
    ['boxed', { a: Object(1) }, '.a', 'an instance of Number'],
    ['symbol key of a list', { a: Object.assign([1], { [Symbol('k')]: 1 }) }, '.a', 'the symbol Symbol(k)'],
    [
      'member of a map',
      { a: Object.assign(new Map(), { n: 1 }) },
      '.a.n',
      'a member that was put on an instance of Map',
    ],
    ['symbol key of a map', { a: Object.assign(new Map(), { [Symbol('k')]: 1 }) }, '.a', 'the symbol Symbol(k)'],
    ['symbol key of a date', [Object.assign(new Date(0), { [Symbol('k')]: 1 })], '[0]', 'the symbol Symbol(k)'],
    [
      'member of a date',
      [Object.assign(new Date(0), { n: 1 })],
      '[0].n',
      'a member that was put on an instance of Date',
    ],
    [
      'getter that throws',
      {
        get a(): never {
          throw new Error('no')
        },
      },
      '.a',
      'a getter that throws',
    ],
  ]
  for (const [name, value, path, what] of table) {
    test(name, () => {
      const error = catchError(() => codec.encode([{ name: 'local', value }]))
      expect(error).toBeInstanceOf(ValueEncodeError)
      expect(error).toMatchObject({ root: 'local', path, what, code: 'ENGINE_VALUE_UNSUPPORTED' })
      expect((error as ValueEncodeError).hint).toBeString()
    })
  }
})

describe('registered types', () => {
  class Money {
    readonly cents: number
    parts: unknown
    constructor(cents: number, parts?: unknown) {
      this.cents = cents
      this.parts = parts
    }
  }
  const money: ValueType<Money> = {
    tag: 'money',
    matches: (value): value is Money => value instanceof Money,
    encode: (value) => {
      if (value.cents < 0) throw new Error('a negative amount')
      return { cents: value.cents, parts: value.parts }
    },
    decode: (stored) => new Money((stored as Money).cents, (stored as Money).parts),
  }
  const typed = createValueCodec([money as ValueType])

  test('values and nested values of a type, filled before they are made', () => {
    const inner = new Money(1)
    const value = { total: new Money(2, { list: [inner], map: new Map([[inner, 'x']]) }), inner }
    const back = typed.decodeValue(typed.encodeValue(value, 'value')) as typeof value
    expect(back.total).toBeInstanceOf(Money)
    expect((back.total.parts as { list: unknown[] }).list[0]).toBe(back.inner)
  })

  test('a message of the type becomes the error, with the place', () => {
    expect(catchError(() => typed.encodeValue([new Money(-1)], 'amounts'))).toMatchObject({
      path: '[0]',
      what: 'a negative amount',
    })
  })

  test('a value that contains itself through its type is refused when encoding', () => {
    const money = new Money(1)
    money.parts = [money]
    expect(() => typed.encodeValue(money, 'money')).toThrow(ValueEncodeError)
  })

  test('a type that is not registered any more is named', () => {
    expect(() => codec.decodeValue(typed.encodeValue(new Money(1), 'money'))).toThrow(/no such value type/)
  })
})

test('damaged bytes are named', () => {
  expect(() => codec.decodeValue(new TextEncoder().encode('[[4]]'))).toThrow(ValueDecodeError)
  expect(() => codec.decodeValue(new TextEncoder().encode('nonsense'))).toThrow(/damaged/)
})

function catchError(body: () => unknown): unknown {
  try {
    body()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('classes of errors', () => {
  class Odd extends RangeError {
    get twice(): string {
      return this.message.repeat(2)
    }
  }
  class Odder extends Odd {}
  const knowing = (type: { readonly prototype: Error }) =>
    createValueCodec([], {
      nameOf: (prototype) => (prototype === type.prototype ? 'app#Odd' : undefined),
      prototypeOf: (name) => (name === 'app#Odd' ? type.prototype : undefined),
    })

  test('the nearest known class is that of the error that is read', () => {
    const read = knowing(Odd).decodeValue(knowing(Odd).encodeValue(new Odder('x'), 'value'))
    expect(read).toBeInstanceOf(Odd)
    expect(read).not.toBeInstanceOf(Odder)
    expect((read as Odd).twice).toBe('xx')
    expect(Error.isError(read)).toBe(true)
  })

  test('without the class, or with one that is no error any more, it is the nearest built-in class', () => {
    const bytes = knowing(Odd).encodeValue(new Odd('x'), 'value')
    class Other {
      readonly message = 'no error'
    }
    for (const reader of [codec, knowing(Other as never)]) {
      const read = reader.decodeValue(bytes)
      expect(Object.getPrototypeOf(read)).toBe(RangeError.prototype)
      expect(read).toMatchObject({ message: 'x' })
    }
  })

  test('a name that the class gives is not stored as a property of the error; another is', () => {
    const named = Object.assign(new Odd('x'), { name: 'Named' })
    expect(Object.hasOwn(copy(named), 'name')).toBe(true)
    expect(copy(named).name).toBe('Named')
    expect(Object.hasOwn(copy(new ValueDecodeError('x')), 'name')).toBe(false)
    expect(copy(new ValueDecodeError('x'))).toBeInstanceOf(ValueDecodeError)
  })
})
