import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { defineModel, field, JustScale, makePersistent, Reference, refOf, view } from '../index.ts'

class Customer extends defineModel({ name: 'Customer', fields: { name: field.string() } }) {}
class Order extends defineModel({
  name: 'Order',
  fields: {
    customer: field.ref(Customer),
    others: field.refs(Customer),
    amount: field.decimal(10, 2),
    at: field.timestamp(),
    note: field.text().optional(),
    photo: field.bytes(),
    secret: field.string(),
    box: field.object({ size: field.bigint(), due: field.date() }),
  },
}) {}

const app = JustScale().build()
const order = makePersistent(app, Order, 'o-1', {
  customer: 'c-1',
  others: ['c-2', 'c-3'],
  amount: 12.5,
  at: Temporal.Instant.from('2030-01-02T03:04:05Z'),
  note: null,
  photo: new Uint8Array([1, 2]),
  secret: 'hidden',
  box: { size: 12n, due: Temporal.PlainDate.from('2030-02-03') },
})

describe('refOf', () => {
  test('gives a reference for opaque text, inside other schemas too', () => {
    const body = z
      .object({ customer: refOf(Customer), many: z.array(refOf(Customer)).optional() })
      .parse({ customer: 'c-9' })
    expect(body.customer).toBeInstanceOf(Reference)
    expect(body.customer.identifier).toBe('c-9')
    expect(body.customer.model).toBe(Customer)
  })

  test.each(['', 'a b', 'ä', 'x'.repeat(256), 5, null])('refuses %p', (text) => {
    expect(refOf(Customer).safeParse(text).success).toBeFalse()
  })

  test('documents itself', () => {
    expect(z.toJSONSchema(refOf(Customer), { io: 'input' })).toMatchObject({
      type: 'string',
      'x-justscale-ref': 'Customer',
    })
  })
})

describe('view', () => {
  const OrderView = view(Order, { self: true, fields: ['customer', 'others', 'amount', 'at', 'note', 'photo', 'box'] })

  test('shows what it names, as JSON', () => {
    expect(z.array(OrderView).parse([order as never])).toEqual([
      {
        self: 'o-1',
        customer: 'c-1',
        others: ['c-2', 'c-3'],
        amount: 12.5,
        at: '2030-01-02T03:04:05Z',
        note: undefined,
        photo: 'AQI=',
        box: { size: '12', due: '2030-02-03' },
      },
    ])
  })

  test('shows no reference of the entity itself unless asked', () => {
    expect(view(Order, { fields: ['amount'] }).parse(order as never)).toEqual({ amount: 12.5 })
  })

  test('documents its output', () => {
    const schema = z.toJSONSchema(OrderView, { io: 'output' })
    expect(schema).toMatchObject({
      type: 'object',
      properties: { self: { type: 'string' }, at: { format: 'date-time' } },
    })
    expect(schema.required).not.toContain('note')
  })

  test('refuses what is no entity', () => {
    expect(OrderView.safeParse({ amount: 1 }).success).toBeFalse()
  })
})
