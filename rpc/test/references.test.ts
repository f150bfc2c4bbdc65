/** Fields annotated with `(justscale.ref)` are references in a handler and opaque text on the wire. */
import { expect, test } from 'bun:test'
import { createController, defineModel, field, JustScale, Reference } from '@justscale/core'
import '../plugin/register.ts'
import { createRpcClient, inProcessTransport, RpcFeature } from '../index.ts'

const { OrdersContract } = await import('../fixtures/refs.proto')
const { OrdersContract: LegacyContract } = await import('../fixtures/legacy.proto')

class Order extends defineModel({ fields: { total: field.int() } }) {}

const orders = createController
  .implements(OrdersContract)
  .types({ Order })
  .create({
    methods: () => ({
      Pay: async ({ body }) => {
        const order: Reference<Order> = body.order
        const inner: Reference<Order>[] = Object.values(body.inner?.byName ?? {})
        const chosen = body.either.case === 'chosen' ? [body.either.value] : []
        return { order, seen: [...body.others, ...inner, ...chosen].map(String) }
      },
    }),
  })

function appWith(controller: typeof orders) {
  return JustScale()
    .add(controller)
    .add(RpcFeature({ port: false }))
    .build()
}

const client = createRpcClient(OrdersContract, { transport: inProcessTransport(appWith(orders)) })

test('texts become references at every depth, and references become texts', async () => {
  const reply = await client.Pay({
    order: 'a1',
    others: ['b2', 'c3'],
    inner: { byName: { d: 'd4' } },
    either: { case: 'chosen', value: 'e5' },
  })
  expect(reply.order).toBe('a1')
  expect(reply.seen).toEqual(['Order(b2)', 'Order(c3)', 'Order(d4)', 'Order(e5)'])
})

test('a text that can be no reference is refused before the handler runs', async () => {
  const error = await client.Pay({ order: 'not a key' }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    statusName: 'INVALID_ARGUMENT',
    message: 'refs.v1.PayRequest.order is not a reference to Order',
  })
})

test('a reference without presence is required', async () => {
  const error = await client.Pay({ note: 'for nothing' }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ statusName: 'INVALID_ARGUMENT', message: 'refs.v1.PayRequest.order is missing' })
})

test('fields of a proto that is not annotated are mapped by their names', async () => {
  const legacy = createController
    .implements(LegacyContract)
    .types({
      'legacy.v1.PayRequest.orderId': Order,
      'legacy.v1.PayRequest.others': Order,
      'legacy.v1.PayRequest.Inner.byName': Order,
      'legacy.v1.PayReply.orderId': Order,
    })
    .create({
      methods: () => ({
        Pay: async ({ body }) => {
          const orderId: Reference<Order> = body.orderId
          const inner: Reference<Order>[] = Object.values(body.inner?.byName ?? {})
          const note: string = body.note
          // @ts-expect-error it is a reference, not a text
          const text: string = body.orderId
          return { orderId, seen: [...body.others, ...inner].map(String).concat(note, typeof text) }
        },
      }),
    })
  const mapped = createRpcClient(LegacyContract, { transport: inProcessTransport(appWith(legacy)) })
  const reply = await mapped.Pay({ orderId: 'a1', others: ['b2'], inner: { byName: { c: 'c3' } }, note: 'd4' })
  expect([reply.orderId, ...reply.seen]).toEqual(['a1', 'Order(b2)', 'Order(c3)', 'd4', 'object'])
  expect(await mapped.Pay({ others: ['b2'] }).catch((error: unknown) => error)).toMatchObject({
    message: 'legacy.v1.PayRequest.order_id is missing',
  })
})

test.each(['legacy.v1.PayRequest.order_id', 'legacy.v1.PayRequest.chosen', 'legacy.v1.PayRequest.inner'])(
  'a mapping of %s, which is no text field of its own, is refused',
  async (field) => {
    const legacy = createController
      .implements(LegacyContract)
      .types({ [field]: Order })
      .create({ methods: () => ({ Pay: () => ({}) }) })
    const error: unknown = await appWith(legacy)
      .prepare()
      .catch((reason: unknown) => reason)
    expect(String(error)).toContain(`says what "${field}" refers to, which is no such text field`)
  },
)
