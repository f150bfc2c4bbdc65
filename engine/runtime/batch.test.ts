import { expect, test } from 'bun:test'
import { Batch } from './batch.ts'

test('what is asked for together goes out together, in order, and each gets its own answer', async () => {
  const calls: number[][] = []
  const batch = new Batch<number, string>(async (requests) => {
    calls.push([...requests])
    return requests.map((request) => `answer ${request}`)
  })
  const first = [batch.ask(1), batch.ask(2)]
  await Promise.resolve()
  expect(await Promise.all([...first, batch.ask(3), batch.ask(4)])).toEqual([
    'answer 1',
    'answer 2',
    'answer 3',
    'answer 4',
  ])
  expect(calls).toEqual([
    [1, 2],
    [3, 4],
  ])
})

test('one bad request does not spoil the others', async () => {
  const batch = new Batch<number, number>(async (requests) => {
    if (requests.includes(2)) throw new RangeError('two')
    return requests
  })
  const results = await Promise.allSettled([batch.ask(1), batch.ask(2), batch.ask(3)])
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})
