/** Chaos in short: everything that may befall a worker, once. `chaos.soak.ts` goes on for minutes. */
import { expect, test } from 'bun:test'
import { chaos, EFFECTS } from './chaos.ts'

test('two processes killed, frozen, asked to leave and cut off: nothing is lost, nothing happens under two keys', async () => {
  const { broken, effects } = await chaos({
    workers: 2,
    instances: 2,
    fates: ['kill', 'terminate', 'leave', 'freeze', 'restart', 'kill'],
  })
  expect(broken).toEqual([])
  expect(effects).toBe(2 * EFFECTS)
}, 120_000)

test('three processes of which one after the other dies before or after a commit', async () => {
  const { broken, effects } = await chaos({ workers: 3, instances: 2, fates: Array(8).fill('die at a commit') })
  expect(broken).toEqual([])
  expect(effects).toBe(2 * EFFECTS)
}, 120_000)
