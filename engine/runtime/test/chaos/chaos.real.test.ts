/** Chaos in short: everything that may befall a worker, once. `chaos.soak.ts` goes on for minutes. */
import { describe, expect, test } from 'bun:test'
import { chaos, EFFECTS } from './chaos.ts'
import { pooler } from './chaos-server.ts'
import type { PlantName } from './plants.ts'

test('two processes killed, frozen, asked to leave and cut off: nothing is lost, nothing happens under two keys', async () => {
  const { broken, effects } = await chaos({
    workers: 2,
    instances: 2,
    fates: ['kill', 'terminate', 'leave', 'freeze', 'restart', 'kill', 'outage'],
  })
  expect(broken).toEqual([])
  expect(effects).toBe(2 * EFFECTS)
}, 120_000)

test('three processes of which one after the other dies before, in the middle of or after a commit', async () => {
  const { broken, effects } = await chaos({ workers: 3, instances: 2, fates: Array(9).fill('die at a commit') })
  expect(broken).toEqual([])
  expect(effects).toBe(2 * EFFECTS)
}, 120_000)

test('whoever comes to a commit dies, before, in the middle of or after it: everything is written once', async () => {
  const { broken, incidents } = await chaos({ workers: 2, instances: 1, parts: ['saver'], fates: 'every commit' })
  expect(broken).toEqual([])
  // Six steps have a commit each, the last of which is the end's.
  expect(incidents).toBeGreaterThanOrEqual(10)
}, 120_000)

test.skipIf(pooler === null)(
  'through PgBouncer in transaction mode: killed, and the server restarted',
  async () => {
    const { broken } = await chaos({
      workers: 2,
      instances: 1,
      parts: ['saver', 'crowd', 'counter', 'fan'],
      fates: ['kill', 'restart'],
      pooled: true,
    })
    expect(broken).toEqual([])
  },
  120_000,
)

describe('planted faults are found', () => {
  const found = async (plant: PlantName, options: Partial<Parameters<typeof chaos>[0]>) =>
    (await chaos({ workers: 2, instances: 1, fates: [], patience: 4_000, plant, ...options })).broken

  test('the checkpoint of a step is stored apart from what it writes: writes are missing', async () => {
    const broken = await found('checkpoint apart', { parts: ['saver'], fates: 'every commit' })
    expect(broken).toContainEqual(expect.stringMatching(/deposit of \d into saver-0 was written 0 times/))
  }, 120_000)

  test('what a step writes is committed apart from its checkpoint: writes are doubled', async () => {
    const broken = await found('writes apart', { parts: ['saver'], fates: 'every commit' })
    expect(broken).toContainEqual(expect.stringMatching(/deposit of \d into saver-0 was written [2-9]\d* times/))
  }, 120_000)

  test('ends are not told: somebody waits for ever', async () => {
    expect(await found('untold', { parts: ['family'] })).toEqual(['/family/0 did not end'])
  }, 120_000)

  test('signals stay where they were: they count twice', async () => {
    const broken = await found('kept', { parts: ['counter'], fates: 'every commit' })
    expect(broken).toContainEqual(expect.stringContaining('/counter/0 gave ['))
  }, 120_000)
})
