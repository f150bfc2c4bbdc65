/** A node's clock is set while it runs: the store's time decides when a delay ends and when a schedule fires. */
import { expect, test } from 'bun:test'
import { createEngine, defineProcess, defineSchedule, delay } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { seededEntropy, TestClock } from '@justscale/engine/testing'
import { over } from './simulation/simulation.ts'

const nap = defineProcess({
  path: '/nap/:id',
  async handler() {
    await delay.minutes(1)
    await delay.minutes(1)
    return 'rested'
  },
})

/** As a database: it has a clock of its own, and is asked. After very many claims it answers none: one follows from the other. */
function likeDatabase(real: MemoryStore) {
  const calls = { claims: 0 }
  const answer = <Answer>(claim: Promise<Answer>) => (++calls.claims < 1_000 ? claim : new Promise<Answer>(() => {}))
  const store = over(real, {
    capabilities: { notify: true, sessions: true, terminate: true },
    async connect(options) {
      const session = await real.connect(options)
      return over(session, {
        claim: (limit, running, most) => answer(session.claim(limit, running, most)),
        claimDue: (ids, most) => answer(session.claimDue(ids, most)),
      })
    },
  })
  return { store, calls }
}

for (const step of [-600_000, 600_000, 2_000])
  test(`set by ${step / 1_000} s`, async () => {
    const clock = new TestClock('2026-01-31T10:58:30Z')
    let set = 0
    const own = {
      now: () => clock.now() + set,
      steady: () => clock.now() + 5_000,
      schedule: clock.schedule.bind(clock),
    }
    const { store } = likeDatabase(new MemoryStore({ clock }))
    let fired = 0
    const engine = createEngine({
      store,
      processes: [nap],
      schedules: [defineSchedule({ name: 'hourly', cron: '0 * * * *', fire: () => void fired++ })],
      clock: own,
      entropy: seededEntropy(),
      poll: 500,
    })
    await engine.start()
    const handle = await engine.run(nap, { id: 'x' })
    await clock.advance(50_000)
    set = step
    await clock.advance(39_000)
    expect(fired).toBe(0)
    await clock.advance(1_100)
    expect(fired).toBe(1)
    await clock.advance(28_000)
    expect(await handle.status).toBe('waiting')
    await clock.advance(2_000)
    expect([await handle.status, fired]).toEqual(['completed', 1])
    await engine.stop()
  })

/** A node beside a database whose clock is ahead by `ahead`; it looks for nothing by itself within an hour. */
async function beside({ ahead = () => 0, poll = 3_600_000, rate = 1 }) {
  const clock = new TestClock('2026-01-31T10:00:30Z')
  const from = clock.now()
  const database = { now: () => clock.now() + ahead(), schedule: clock.schedule.bind(clock) }
  const own = {
    now: () => Math.floor(from + (clock.now() - from) * rate),
    schedule: (delay: number, wake: () => void) => clock.schedule(delay / rate, wake),
  }
  const { store, calls } = likeDatabase(new MemoryStore({ clock: database }))
  const engine = createEngine({ store, processes: [nap], clock: own, entropy: seededEntropy(), poll })
  await engine.start()
  return { engine, clock, calls, nap: await engine.run(nap, { id: 'x' }) }
}

test('a timer that is asked for too early stays known, and is claimed when it is due by the database', async () => {
  const { engine, clock, nap, calls } = await beside({ rate: 1.02 })
  await clock.advance(121_000)
  expect(await nap.status).toBe('completed')
  expect(calls.claims).toBeLessThan(20)
  await engine.stop()
})

for (const step of [600_000, -600_000])
  test(`the clock of the database is set by ${step / 1_000} s`, async () => {
    let set = 0
    const { engine, clock, nap, calls } = await beside({ ahead: () => set, poll: 1_000 })
    await clock.advance(30_000)
    set = step
    await clock.advance(5_000)
    expect(calls.claims).toBeLessThan(60)
    await clock.advance(step > 0 ? 60_000 : 690_000)
    expect(await nap.status).toBe('completed')
    await engine.stop()
  })
