import { expect, test } from 'bun:test'
import type { Clock } from '../../clock/clock.ts'
import type { SqlDatabase, SqlLane } from '../../sql/connection.ts'
import { TestClock } from '../../testing/index.ts'
import { Beating, type BeatingEnd } from './beating.ts'
import { SharedTimes } from './shared-times.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A heartbeat whose main thread's clock is ahead of its own, and whose computer's clock can be set. */
function heartbeat({ stuck = Infinity }: { stuck?: number } = {}) {
  const time = new TestClock(0)
  const times = new SharedTimes()
  const state = {
    set: 0,
    frozen: 0,
    isThere: true,
    isReachable: true,
    mainRuns: true,
    /** Milliseconds that a statement takes. */
    takes: 0,
    end: undefined as BeatingEnd | undefined,
  }
  const main = () => time.now() + state.frozen + HOUR
  const own: Clock = {
    now: () => time.now() + state.set,
    steady: () => time.now() + state.frozen,
    schedule: (delay, wake) => time.schedule(delay, wake),
  }
  const lane = {
    async query(text: string) {
      if (!state.isReachable) throw new Error('The connection is gone')
      if (state.takes > 0) await new Promise<void>((resolve) => time.schedule(state.takes, resolve))
      if (text.includes('advisory')) return [{ held: true }]
      return state.isThere ? [{ id: 1 }] : []
    },
    release() {},
  } as unknown as SqlLane
  const sql = {
    sessions: true,
    lane: async () => (state.isReachable ? lane : Promise.reject(new Error('No connection'))),
  } as unknown as SqlDatabase
  const giveSigns = () => {
    if (state.mainRuns) times.alive = main()
    time.schedule(250, giveSigns)
  }
  giveSigns()
  const beating = new Beating({ schema: 'test', node: 1, lease: 3_500, stuck }, sql, times, own)
  void beating.run(() => {}).then((end) => (state.end = end))
  return { time, times, state, beating, age: () => main() - times.renewed, unbroken: () => main() - times.unbroken }
}

test('a renewal is told in the time of the main thread, whose clock began elsewhere', async () => {
  const { time, age } = heartbeat()
  await time.advance(10_100)
  expect(age()).toBeGreaterThanOrEqual(0)
  expect(age()).toBeLessThanOrEqual(1_300)
})

for (const step of [-HOUR, -MINUTE, MINUTE, HOUR])
  test(`the computer's clock is set by ${step / MINUTE} minutes: the lease goes on, and ends when it is not renewed`, async () => {
    const { time, state, age, unbroken } = heartbeat({ stuck: 30_000 })
    await time.advance(10_000)
    state.set = step
    await time.advance(10_000)
    expect(state.end).toBeUndefined()
    expect(age()).toBeLessThanOrEqual(1_300)
    expect(unbroken()).toBeGreaterThanOrEqual(19_000)
    state.isReachable = false
    await time.advance(5_000)
    expect(age()).toBeGreaterThan(3_500)
  })

test('renewals follow each other on a slow database, too', async () => {
  const { time, state, age, unbroken } = heartbeat()
  state.takes = 1_000
  for (let second = 0; second < 60; second++) {
    await time.advance(1_000)
    if (second > 3) expect(age()).toBeLessThanOrEqual(3_300)
  }
  expect(unbroken()).toBeGreaterThan(55_000)
})

test('after an outage renewals follow each other anew', async () => {
  const { time, state, unbroken } = heartbeat()
  await time.advance(10_000)
  state.isReachable = false
  await time.advance(3_000)
  state.isReachable = true
  await time.advance(2_000)
  expect(unbroken()).toBeLessThanOrEqual(2_000)
})

test('a main thread that is busy does not cost the lease; one that is stuck does', async () => {
  const { time, state, age } = heartbeat({ stuck: 30_000 })
  await time.advance(5_000)
  state.mainRuns = false
  await time.advance(29_000)
  expect(age()).toBeLessThanOrEqual(1_300)
  state.mainRuns = true
  await time.advance(1_000)
  state.mainRuns = false
  await time.advance(29_000)
  expect(state.end).toBeUndefined()
  await time.advance(2_500)
  expect(state.end).toBe('stuck')
})

test('an OS process that was frozen as a whole is not stuck', async () => {
  const { time, state } = heartbeat({ stuck: 30_000 })
  await time.advance(5_000)
  state.mainRuns = false
  state.frozen = HOUR
  await time.advance(2_000)
  state.mainRuns = true
  await time.advance(10_000)
  expect(state.end).toBeUndefined()
})

test('a main thread is stuck while the database is away as well', async () => {
  const { time, state } = heartbeat({ stuck: 30_000 })
  await time.advance(5_000)
  state.isReachable = false
  state.mainRuns = false
  await time.advance(31_000)
  expect(state.end).toBe('stuck')
})

test('a node that is gone from the table is lost', async () => {
  const { time, state } = heartbeat()
  await time.advance(1_500)
  state.isThere = false
  await time.advance(1_000)
  expect(state.end).toBe('lost')
})

test('a node that is not in the table yet is waited for', async () => {
  const { time, state, beating } = heartbeat()
  state.isThere = false
  await time.advance(1_000)
  expect(state.end).toBeUndefined()
  beating.stop()
  await time.advance(100)
  expect(state.end).toBe('stopped')
})
