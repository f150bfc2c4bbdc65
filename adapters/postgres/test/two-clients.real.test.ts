/** Two nodes of one database: what a lock's failure says about a holder that this node does not know. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { DeadlockError, LockTimeoutError } from '@justscale/core'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { Purse, startShop, type Shop } from './shop.ts'

let database: TestDatabase
let one: Shop
let other: Shop

beforeAll(async () => {
  database = await testDatabase()
  one = await startShop(database.url)
  other = await startShop(database.url)
})
afterAll(async () => {
  await one.app.stop()
  await other.app.stop()
  await database.drop()
})

/** References of new purses. */
async function newPurses(count: number) {
  const values = Array.from({ length: count }, () => ({ owner: crypto.randomUUID() }))
  const purses = await one.app.run(() => one.purses.insertMany(values))
  return purses.map((purse) => Purse.ref(purse).identifier)
}

test('waiting for a row that another node holds ends with the name of that node', async () => {
  const [key = ''] = await newPurses(1)
  const error = await other.app.run(async () => {
    await using _held = await other.purses.lock(Purse.ref(key))
    return await one.app.run(() =>
      one.purses.lock(Purse.ref(key), { timeout: 50 }).catch((failure: unknown) => failure),
    )
  })
  expect(error).toBeInstanceOf(LockTimeoutError)
  expect((error as LockTimeoutError).holder?.cell).toContain(`process ${process.pid} on `)
  expect(String(error)).toContain(`Purse(${key}) could not be locked within 50 ms; process ${process.pid} on `)
})

test('a circle over two nodes names both entities and the other node', async () => {
  const [left = '', right = ''] = await newPurses(2)
  const [hasLeft, hasRight] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const both = (shop: Shop, first: string, second: string, mine: () => void, theirs: Promise<void>) =>
    shop.app.run(async () => {
      await using _first = await shop.purses.lock(Purse.ref(first))
      mine()
      await theirs
      await using _second = await shop.purses.lock(Purse.ref(second))
      return undefined
    })
  const ends = await Promise.allSettled([
    both(one, left, right, hasLeft.resolve, hasRight.promise),
    both(other, right, left, hasRight.resolve, hasLeft.promise),
  ])
  const failed = ends.findIndex(({ status }) => status === 'rejected')
  const [held, wanted] = failed === 0 ? [left, right] : [right, left]
  const error: unknown = ends[failed]?.status === 'rejected' ? ends[failed].reason : undefined
  expect(error).toBeInstanceOf(DeadlockError)
  expect(error).toMatchObject({ held: `Purse(${held})`, wanted: `Purse(${wanted})` })
  expect(String(error)).toContain(`process ${process.pid} on `)
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})
