import { expect, test } from 'bun:test'
import { Deadlines, type Limit } from './deadlines.ts'

const limit = (milliseconds: number, more: Partial<Limit<string>> = {}): Limit<string> => ({
  milliseconds,
  expire: () => 'late',
  fail: (error) => `failed: ${String(error)}`,
  ...more,
})
const never = new Promise<string>(() => {})

test('what is there in time is given as it is', async () => {
  expect(await new Deadlines().limit(Promise.resolve('done'), limit(10_000))).toBe('done')
})

test('what fails in time is what fail makes of it', async () => {
  const deadlines = new Deadlines()
  expect(await deadlines.limit(Promise.reject<string>(new Error('no')), limit(10_000))).toBe('failed: Error: no')
  expect(await deadlines.limit(Promise.reject<string>(new Error('no')), limit(0))).toBe('failed: Error: no')
})

test('what takes too long fails with what expire gives, once', async () => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let expired = 0
  const work = new Deadlines().limit(promise, limit(5, { expire: () => `late ${++expired}` }))
  expect(await work).toBe('failed: late 1')
  resolve('too late')
  reject(new Error('too late'))
  expect(await work).toBe('failed: late 1')
  expect(expired).toBe(1)
})

test('deadlines of one length pass in order; those that were kept are not waited for', async () => {
  const deadlines = new Deadlines()
  const passed: number[] = []
  const works = Array.from({ length: 50 }, (_, n) => {
    const work = n % 3 === 0 ? Promise.resolve(`done ${n}`) : never
    return deadlines.limit(work, limit(5, { expire: () => passed.push(n) }))
  })
  await Promise.all(works)
  expect(passed).toEqual(Array.from({ length: 50 }, (_, n) => n).filter((n) => n % 3 !== 0))
  // The timer that has passed does not keep later ones from having theirs.
  expect(await deadlines.limit(never, limit(5))).toBe('failed: late')
})

test('a short deadline is not kept waiting by a long one', async () => {
  const deadlines = new Deadlines()
  const long = deadlines.limit(never, limit(60_000))
  expect(await Promise.race([long, deadlines.limit(never, limit(5))])).toBe('failed: late')
})
