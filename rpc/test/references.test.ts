/** Fields annotated with `(justscale.ref)` are references in a handler and opaque text on the wire. */
import { expect, test } from 'bun:test'
import { createController, defineModel, field, JustScale, Reference } from '@justscale/core'
import '../plugin/register.ts'
import { createRpcClient, inProcessTransport, RpcFeature } from '../index.ts'

const { OrdersContract } = await import('../fixtures/refs.proto')

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

const app = JustScale()
  .add(orders)
  .add(RpcFeature.configure({ port: false }))
  .build()
const client = createRpcClient(OrdersContract, { transport: inProcessTransport(app) })

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
