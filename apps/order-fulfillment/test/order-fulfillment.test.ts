import { afterEach, beforeEach, expect, test } from 'bun:test'
import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { TestClock } from '@justscale/core/testing'
import { HttpFeature, HttpServer } from '@justscale/http'
import { InMemoryProcessFeature, InMemoryRepository } from '@justscale/memory'
import { Order } from '../order/order.ts'
import { orderLife } from '../order/order-life.ts'
import { OrderService } from '../order/order-service.ts'
import { OrderFulfillment } from '../order-fulfillment.ts'
import { Product } from '../product/product.ts'
import { Shipment } from '../shipment/shipment.ts'
import { Desk } from './desk.ts'

let clock: TestClock
let app: ReturnType<typeof build>
let desk: Desk

function build() {
  return JustScale()
    .add(bindRepository(ModelRepository.of(Product), new InMemoryRepository()))
    .add(bindRepository(ModelRepository.of(Order), new InMemoryRepository()))
    .add(bindRepository(ModelRepository.of(Shipment), new InMemoryRepository()))
    .add(InMemoryProcessFeature({ clock }))
    .add(OrderFulfillment)
    .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0, accessLog: false }))
    .build()
}

beforeEach(async () => {
  clock = new TestClock()
  app = build()
  await app.start()
  desk = new Desk((await app.resolve(HttpServer)).url)
})

afterEach(() => app.stop())

/** What the order's process ended with. Starting it again gives the one that ran. */
async function resultOf(order: string) {
  return await app.run(async () => (await orderLife({ order: Order.ref(order) })).result)
}

test('a payment within fifteen minutes fulfills the order', async () => {
  const product = await desk.product(5)
  const order = await desk.order(product, 2)
  expect(await desk.productNow(product)).toMatchObject({ stock: 5, reserved: 2 })
  await clock.advance({ minutes: 14 })
  expect(await desk.orderNow(order)).toMatchObject({ status: 'placed' })
  expect(await desk.pay(order, 'tx 1')).toBe(200)
  expect(await resultOf(order)).toEqual({ status: 'fulfilled', transaction: 'tx 1' })
  expect(await desk.orderNow(order)).toMatchObject({ status: 'fulfilled', transaction: 'tx 1' })
  expect(await desk.productNow(product)).toMatchObject({ stock: 3, reserved: 0 })
  await clock.advance({ hours: 1 })
  expect(await desk.orderNow(order)).toMatchObject({ status: 'fulfilled' })
})

test('without one it is cancelled, and a payment comes too late', async () => {
  const product = await desk.product(5)
  const order = await desk.order(product, 2)
  await clock.advance({ minutes: 15 })
  expect(await resultOf(order)).toEqual({ status: 'cancelled' })
  expect(await desk.orderNow(order)).toMatchObject({ status: 'cancelled' })
  expect(await desk.productNow(product)).toMatchObject({ stock: 5, reserved: 0 })
  expect(await desk.pay(order, 'tx 1')).toBe(409)
})

test('a payment after the time was up, and before the order was cancelled, fulfills it', async () => {
  const order = await desk.order(await desk.product(1))
  const [orders, svc] = [await app.resolve(ModelRepository.of(Order)), await app.resolve(OrderService)]
  await app.run(async () => {
    await using _held = await orders.lock(Order.ref(order))
    await clock.advance({ minutes: 15 })
    await svc.pay(Order.ref(order), 'tx 1')
  })
  expect(await resultOf(order)).toEqual({ status: 'fulfilled', transaction: 'tx 1' })
})

test('a payment wakes its own order only, and is taken once', async () => {
  const product = await desk.product(5)
  const [first, second] = [await desk.order(product), await desk.order(product)]
  expect(await desk.pay(first, 'tx 1')).toBe(200)
  expect(await desk.pay(first, 'tx 2')).toBe(409)
  expect(await resultOf(first)).toEqual({ status: 'fulfilled', transaction: 'tx 1' })
  expect(await desk.orderNow(second)).toMatchObject({ status: 'placed' })
})

test('a shipment goes from packing to delivered', async () => {
  const order = await desk.order(await desk.product(1))
  await desk.pay(order, 'tx 1')
  await resultOf(order)
  const { self: shipment, status } = await desk.shipmentOf(order)
  expect(status).toBe('packing')
  for (const next of ['shipped', 'delivered'] as const) {
    expect(await desk.report(shipment, next)).toBe(200)
    await clock.settle()
    expect((await desk.shipmentOf(order)).status).toBe(next)
  }
})

test('what is promised to one order is not promised to another', async () => {
  const product = await desk.product(3)
  const placed = await Promise.allSettled(Array.from({ length: 5 }, () => desk.order(product)))
  expect(placed.map(({ status }) => status).toSorted()).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
  ])
  expect(await desk.productNow(product)).toMatchObject({ stock: 3, reserved: 3 })
})

test('restocking at the same time loses nothing', async () => {
  const product = await desk.product(0)
  const answers = await Promise.all(Array.from({ length: 20 }, () => desk.restock(product, 1)))
  expect(new Set(answers)).toEqual(new Set([200]))
  expect(await desk.productNow(product)).toMatchObject({ stock: 20 })
})
