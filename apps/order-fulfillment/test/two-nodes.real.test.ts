/**
 * Two nodes as OS processes that share nothing but Postgres. What is started at one goes on at the other, and either may be
 * killed with SIGKILL at any time.
 */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { OsProcess, until } from '@justscale/core/testing'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { openPostgres } from '@justscale/engine/sql'
import { join } from 'node:path'
import { Desk } from './desk.ts'

let database: TestDatabase
let a: OsProcess
let b: OsProcess
let atA: Desk
let atB: Desk

beforeEach(async () => {
  database = await testDatabase()
  a = start()
  b = start()
  atA = new Desk(await a.url)
  atB = new Desk(await b.url)
}, 60_000)

afterEach(async () => {
  await Promise.all([a.kill(), b.kill()])
  await database.drop()
})

function start(): OsProcess {
  return OsProcess.start(join(import.meta.dir, '..', 'main.ts'), {
    DATABASE_URL: database.url,
    JUSTSCALE_NO_SOCKET: '1',
  })
}

/** Resolves when every order is fulfilled, as `desk` sees it. */
async function fulfilled(desk: Desk, orders: readonly string[]): Promise<void> {
  await until('all orders fulfilled', async () => {
    const now = await Promise.all(orders.map((order) => desk.orderNow(order)))
    return now.every(({ status }) => status === 'fulfilled')
  })
}

/** Several, so that the processes of some live at each node. */
async function sixOrders(product: string): Promise<string[]> {
  return await Promise.all(Array.from({ length: 6 }, () => atA.order(product)))
}

/**
 * Holds the rows of all products while `body` runs: turns that fulfill an order lock it, then wait for its product.
 * `turnWaits` resolves when one does.
 */
async function whileProductsAreHeld(body: (turnWaits: () => Promise<unknown>) => Promise<void>): Promise<void> {
  const sql = openPostgres(database.url)
  const lane = await sql.lane()
  await lane.query('begin')
  await lane.query('select from products for update')
  await body(() =>
    until('a turn that waits', async () => {
      const [waiting] = await sql.query<{ count: number }>(
        `select count(*)::int as count from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return (waiting?.count ?? 0) > 0
    }),
  )
  await lane.query('commit')
  lane.release()
  await sql.close()
}

test('an order that A started goes on when B hears of its payment, and its shipment too', async () => {
  const order = await atA.order(await atA.product(1))
  expect(await atB.orderNow(order)).toMatchObject({ status: 'placed' })
  expect(await atB.pay(order, 'tx 1')).toBe(200)
  await fulfilled(atA, [order])
  const { self: shipment } = await atA.shipmentOf(order)
  expect(await atA.report(shipment, 'shipped')).toBe(200)
  expect(await atB.report(shipment, 'delivered')).toBe(200)
  await until('the delivery', async () => (await atB.shipmentOf(order)).status === 'delivered')
})

test('A is killed before B hears of the payments', async () => {
  const product = await atA.product(6)
  const orders = await sixOrders(product)
  await a.kill()
  for (const order of orders) expect(await atB.pay(order, `tx of ${order}`)).toBe(200)
  await fulfilled(atB, orders)
  expect(await atB.productNow(product)).toMatchObject({ stock: 0, reserved: 0 })
})

test('A is killed after B heard of the payments, with its turns in the middle', async () => {
  const product = await atA.product(6)
  const orders = await sixOrders(product)
  await whileProductsAreHeld(async (turnWaits) => {
    for (const order of orders) expect(await atB.pay(order, `tx of ${order}`)).toBe(200)
    await turnWaits()
    await a.kill()
  })
  await fulfilled(atB, orders)
  expect(await atB.productNow(product)).toMatchObject({ stock: 0, reserved: 0 })
  for (const order of orders) expect(await atB.orderNow(order)).toMatchObject({ transaction: `tx of ${order}` })
})

test('both are killed after the payment; who starts next fulfills the order', async () => {
  const order = await atA.order(await atA.product(1))
  await Promise.all([atB.pay(order, 'tx 1'), a.kill()])
  await b.kill()
  b = start()
  atB = new Desk(await b.url)
  await fulfilled(atB, [order])
})

test('increments under lock at both nodes lose nothing', async () => {
  const product = await atA.product(0)
  const workers = [atA, atB, atA, atB, atA, atB]
  const answers = await Promise.all(
    workers.map(async (desk) => {
      const own: number[] = []
      for (let increment = 0; increment < 20; increment++) own.push(await desk.restock(product, 1))
      return own
    }),
  )
  expect(new Set(answers.flat())).toEqual(new Set([200]))
  expect(await atB.productNow(product)).toMatchObject({ stock: 120 })
})

test('a killed node takes no more than its answer with it', async () => {
  const product = await atA.product(0)
  let acknowledged = 0
  let lost = 0
  const work = async (desk: Desk, times: number) => {
    for (let increment = 0; increment < times; increment++) {
      const answer = await desk.restock(product, 1).catch(() => 'none' as const)
      if (answer === 200) acknowledged++
      else {
        lost++
        return
      }
      if (acknowledged === 20) void a.kill()
    }
  }
  await Promise.all([work(atA, 1000), work(atB, 30), work(atA, 1000), work(atB, 30)])
  const { stock } = await atB.productNow(product)
  expect(lost).toBe(2)
  expect(stock).toBeGreaterThanOrEqual(acknowledged)
  expect(stock).toBeLessThanOrEqual(acknowledged + lost)
})
