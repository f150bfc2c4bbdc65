import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import {
  acceptChanges,
  bindInstance,
  bindRepository,
  changedValues,
  currentApp,
  defineModel,
  defineToken,
  entityName,
  entityState,
  field,
  FieldValidationError,
  isLocked,
  isPersistent,
  isTransient,
  JustScale,
  makeLocked,
  makePersistent,
  ModelRepository,
  repositorySource,
  storedValues,
  type Locked,
  type LockHold,
  type Persistent,
  type RepositorySource,
  type Transient,
} from '../index.ts'

abstract class Payments extends defineToken('Payments') {
  abstract nameOf(order: Persistent<Order>): string
}
class Customer extends defineModel({
  name: 'Customer',
  fields: { name: field.string(), first: field.ref(() => Order).optional() },
}) {}
class Order extends defineModel({
  name: 'Order',
  fields: {
    customer: field.ref(Customer),
    watchers: field.refs(Customer).optional(),
    amount: field.decimal(10, 2),
    big: field.decimal(30, 4).asString().optional(),
    status: field.enum('OrderStatus', ['pending', 'paid']).default('pending'),
    tags: field.array(field.string().max(5)).default(() => []),
    at: field.timestamp().optional(),
    day: field.date().optional(),
    address: field.object({ city: field.string().min(2), zip: field.string().fixed(4).optional() }).optional(),
    data: field.json(z.object({ a: z.number() })).optional(),
    pin: field.string().secret().optional(),
  },
  inject: { payments: Payments },
}) {
  markPaid(this: Locked<Order>) {
    this.status = 'paid'
  }
  applyDiscount(this: Transient<Order> | Locked<Order>, pct: number) {
    this.amount *= 1 - pct / 100
  }
  describe(this: Persistent<Order>) {
    return this.payments.nameOf(this)
  }
  isLarge() {
    return this.amount > 1000
  }
}

function storage<T>(): RepositorySource<T, 'memory'> {
  return { [repositorySource]: { storage: 'memory', create: () => ({}) } }
}

function shop(name: string) {
  return JustScale()
    .named(name)
    .add(bindInstance(Payments, { nameOf: (order: Persistent<Order>) => `${name} ${entityName(order)}` }))
    .add(bindRepository(ModelRepository.of(Customer), storage()))
    .add(bindRepository(ModelRepository.of(Order), storage()))
    .build()
}

const stored = {
  customer: 'c1',
  watchers: ['c2'],
  amount: 12.5,
  status: 'paid',
  tags: ['a'],
  address: { city: 'Oslo', zip: undefined },
}
const app = shop('one')
const free: LockHold = { check() {}, dispose() {}, disposeAsync: async () => {} }
const persistent = () => makePersistent(app, Order, 'o1', stored) as Persistent<Order>
const locked = (hold = free) => makeLocked(app, Order, 'o1', stored, hold) as Locked<Order>
const fresh = () => new Order({ customer: Customer.ref`c1`, amount: 100 })

describe('a new entity', () => {
  test('holds its fields as own properties, defaults applied', () => {
    const order = fresh()
    expect(Object.keys(order)).toEqual([
      'customer',
      'watchers',
      'amount',
      'big',
      'status',
      'tags',
      'at',
      'day',
      'address',
      'data',
      'pin',
    ])
    expect(order.status).toBe('pending')
    expect(fresh().tags).not.toBe(fresh().tags)
    expect(order).toBeInstanceOf(Order)
    expect([isTransient(order), isPersistent(order), isLocked(order)]).toEqual([true, false, false])
    expect(order.isLarge()).toBeFalse()
  })

  test('is rounded half-even when assigned, right to the cent', () => {
    const order = fresh()
    order.applyDiscount(12.345)
    expect(order.amount).toBe(87.66)
    const cents = [0.125, 0.135, 1.005, 2.675, 0.1 + 0.2, 1.15 * 1.5, -0.125, 1e-9, 0.145]
    expect(cents.map((value) => ((order.amount = value), order.amount))).toEqual([
      0.12, 0.14, 1, 2.68, 0.3, 1.72, -0.12, 0, 0.14,
    ])
  })

  test('accepts several forms of times and keeps Temporal values', () => {
    const order = fresh()
    for (const at of [new Date(0), '1970-01-01T00:00:00Z', Temporal.Instant.fromEpochMilliseconds(0)]) {
      Object.assign(order, { at })
      expect(String(order.at)).toBe('1970-01-01T00:00:00Z')
    }
    order.day = '2030-01-31' as never
    expect(String(order.day)).toBe('2030-01-31')
  })

  test('tells everything that is wrong with it at once', () => {
    const wrong = {
      customer: 'c1',
      amount: 'x',
      status: 'lost',
      tags: ['fine', 'too long'],
      address: { city: 'O', zip: '12', planet: 1 },
      data: { a: 'b' },
      extra: 1,
    }
    const error = (() => {
      try {
        return new Order(wrong as never)
      } catch (caught) {
        return caught
      }
    })()
    expect(error).toBeInstanceOf(FieldValidationError)
    expect((error as FieldValidationError).failures.map(({ path }) => path).sort()).toEqual(
      [
        'address.city',
        'address.planet',
        'address.zip',
        'amount',
        'customer',
        'data',
        'extra',
        'status',
        'tags.1',
      ].sort(),
    )
  })

  test('outside an app has no services, and says so', () => {
    expect(() => fresh().payments).toThrow('Order.payments was called outside any app')
  })

  test('inside an app has its services', async () => {
    const order = await app.run(() => fresh())
    expect(order.payments.nameOf(persistent())).toBe('one Order(o1)')
  })
})

describe.each<[string, unknown, string]>([
  ['amount', 'abc', 'must be a decimal number, got "abc"'],
  ['amount', 123456789, 'must have at most 8 digits before the point'],
  ['amount', Number.NaN, 'must be a decimal number'],
  ['big', '1'.repeat(27), 'must have at most 26 digits'],
  ['status', 'lost', 'must be one of "pending", "paid", got "lost"'],
  ['tags', ['toolong'], 'tags.0 must have at most 5 characters, has 7'],
  ['at', 'yesterday', 'must be a point in time'],
  ['day', '2030-02-30', 'must be a date'],
  ['customer', 'c1', 'must be a reference to Customer or a stored Customer, got string'],
  ['customer', Order.ref`o1`, 'must be a reference to Customer, got one to Order'],
  ['pin', 'a\0b', 'must not contain a NUL'],
  ['amount', undefined, 'is required'],
])('assigning %s = %p', (name, value, message) => {
  test('is refused on a new entity and on a locked one', () => {
    for (const entity of [fresh(), locked()]) {
      expect(() => Object.assign(entity, { [name]: value })).toThrow(message)
    }
  })
})

describe('a stored entity', () => {
  test('cannot be written, at any depth', () => {
    const order = persistent() as unknown as Record<string, never> & { tags: string[]; address: { city: string } }
    expect(() => Object.assign(order, { amount: 1 })).toThrow(TypeError)
    expect(() => order.tags.push('b')).toThrow(TypeError)
    expect(() => Object.assign(order.address, { city: 'Rome' })).toThrow(TypeError)
    expect(() => Object.assign(order, { other: 1 })).toThrow(TypeError)
    expect(() => Object.defineProperty(order, 'amount', { value: 1 })).toThrow(TypeError)
  })

  test('shows its fields and no key, in JSON neither', () => {
    const order = persistent()
    expect(JSON.parse(JSON.stringify(order))).toEqual({
      customer: 'c1',
      watchers: ['c2'],
      amount: 12.5,
      status: 'paid',
      tags: ['a'],
      address: { city: 'Oslo' },
    })
    expect('id' in order).toBeFalse()
    expect(Order.ref(order).identifier).toBe('o1')
    expect(Reflect.ownKeys({ ...order })).toEqual(Object.keys(order))
    expect(entityState({ ...order })).toBeUndefined()
  })

  test('has no field without a name that can be written down', () => {
    for (const name of ['', 'a\0b', '\ud800']) {
      expect(() => defineModel({ name: 'Bad', fields: { [name]: field.int() } })).toThrow('a field cannot be called')
      expect(() => field.object({ [name]: field.int() })).toThrow('a field cannot be called')
    }
  })

  test('prints as its name, without secrets', () => {
    const order = makePersistent(app, Order, 'o1', { ...stored, pin: '1234' })
    expect(Bun.inspect(order)).toContain('Order(o1)')
    expect(Bun.inspect(order)).not.toContain('1234')
  })

  test('has the services of the app that read it, for each app its own', async () => {
    const two = shop('two')
    await Promise.all([app.prepare(), two.prepare()])
    const elsewhere = makePersistent(two, Order, 'o1', stored) as Persistent<Order>
    expect([persistent().describe(), elsewhere.describe()]).toEqual(['one Order(o1)', 'two Order(o1)'])
    expect(Object.keys(elsewhere)).not.toContain('payments')
    expect(currentApp()).toBeUndefined()
  })

  test('can be `using`d, to no effect', () => {
    using order = persistent()
    expect(order.amount).toBe(12.5)
  })
})

describe('a locked entity', () => {
  test('is written through its lock, and knows what changed', () => {
    const order = locked()
    expect(changedValues(order)).toEqual({})
    order.markPaid()
    expect(changedValues(order)).toEqual({})
    order.applyDiscount(10)
    order.tags.push('b')
    order.customer = Customer.ref`c9`
    expect(changedValues(order)).toEqual({ amount: 11.25, tags: ['a', 'b'], customer: 'c9' })
    acceptChanges(order)
    expect(changedValues(order)).toEqual({})
    expect(storedValues(order)).toMatchObject({ amount: 11.25, customer: 'c9', watchers: ['c2'], at: null })
  })

  test('checks what was changed in place when it is saved', () => {
    const order = locked()
    order.tags.push('much too long')
    expect(() => changedValues(order)).toThrow('tags.1 must have at most 5 characters')
  })

  test('asks its lock at every use', () => {
    const released: LockHold = {
      ...free,
      check() {
        throw new Error('released')
      },
    }
    const order = locked(released)
    expect(() => order.amount).toThrow('released')
    expect(() => Object.assign(order, { amount: 1 })).toThrow('released')
    expect(isLocked(order)).toBeTrue()
  })

  test('cannot be forged', () => {
    const order = locked()
    for (const forged of [
      { ...order },
      Object.create(order),
      structuredClone({ amount: 1 }),
      Object.create(Order.prototype),
    ]) {
      expect([isLocked(forged), isPersistent(forged), isTransient(forged)]).toEqual([false, false, false])
    }
  })

  test('copies what it read: another read is not changed by it', () => {
    const values = { ...stored, tags: ['a'] }
    const order = makeLocked(app, Order, 'o1', values, free) as Locked<Order>
    order.tags.push('b')
    expect(values.tags).toEqual(['a'])
  })
})

describe('defineModel refuses', () => {
  test.each([
    ['a reserved name', () => defineModel({ fields: { id: field.string() } } as never), 'cannot be called "id"'],
    ['what is no field', () => defineModel({ fields: { name: 'string' } } as never), 'model.name is not a field'],
    [
      'a large decimal as a number',
      () => defineModel({ fields: { n: field.decimal(20, 2) as never } }),
      'does not fit a number exactly',
    ],
    ['an enum without values', () => field.enum('Empty', [] as never), 'needs values'],
    ['an enum that repeats itself', () => field.enum('Twice', ['a', 'a']), 'each of them once'],
    ['a decimal that makes no sense', () => field.decimal(2, 5), 'precision and scale'],
    ['a list of references as an array', () => field.array(field.ref(Order)), 'field.array(field.ref(...))'],
    ['a reference to nothing', () => field.ref('Order' as never), 'field.ref needs a model'],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})

describe('an override', () => {
  class AppOrder extends Order.override({ fields: { note: field.text().optional() } }) {
    noted() {
      return this.note ?? 'none'
    }
  }

  test('has the fields and methods of both, and is the same model', () => {
    const order = makePersistent(app, AppOrder, 'o1', { ...stored, note: 'hi' }) as Persistent<AppOrder>
    expect([order.noted(), order.amount, order.isLarge()]).toEqual(['hi', 12.5, false])
    expect(order).toBeInstanceOf(Order)
    expect(Order.ref(order as never).identifier).toBe('o1')
    expect(Bun.inspect(order)).toContain('Order(o1)')
  })
})

describe('an override refuses', () => {
  test.each([
    ['an added field that must be given', { note: field.text() }, 'the added field "note" must be optional'],
    ['another type', { amount: field.string() }, '"amount" must keep its type'],
    ['other words of an enum', { status: field.enum('Other', ['new']) }, '"status" must keep its type'],
    ['a required field that becomes optional', { amount: field.decimal(10, 2).optional() }, '"amount" must keep'],
  ])('%s', (_, fields, message) => {
    expect(() => Order.override({ fields } as never)).toThrow(message)
  })
})

describe('the class body', () => {
  test('may have private members and initial values, on stored entities too', () => {
    class Secretive extends defineModel({ name: 'Secretive', fields: { n: field.int() } }) {
      #twice = 2
      twice() {
        return this.n * this.#twice
      }
    }
    expect(new Secretive({ n: 2 }).twice()).toBe(4)
    expect((makePersistent(app, Secretive, 's', { n: 3 }) as Secretive).twice()).toBe(6)
  })
})
