/** A fixed number of seeds; `SIMULATION_SEEDS=from-to` runs others. */
import { expect, test } from 'bun:test'
import { simulate } from './simulation.ts'

const [from = 1, to = 30] = (process.env.SIMULATION_SEEDS ?? '').split('-').filter(Boolean).map(Number)

test('nodes that live: the transaction of each step is committed once, however many are rolled back beside it', async () => {
  for (let seed = from; seed <= to; seed++) {
    const { broken } = await simulate({ seed, kills: 0 })
    expect({ seed, broken }).toEqual({ seed, broken: [] })
  }
}, 120_000)

test('three nodes, killed, frozen and made slow: every process completes, with each effect under one key', async () => {
  let kills = 0
  for (let seed = from; seed <= to; seed++) {
    const result = await simulate({ seed })
    kills += result.kills
    expect({ seed, broken: result.broken }).toEqual({ seed, broken: [] })
  }
  expect(kills).toBeGreaterThan(to - from)
}, 120_000)
