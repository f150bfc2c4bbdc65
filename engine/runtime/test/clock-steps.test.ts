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

for (const step of [-600_000, 600_000, 2_000])
  test(`set by ${step / 1_000} s`, async () => {
    const clock = new TestClock('2026-01-31T10:58:30Z')
    let set = 0
    const own = {
      now: () => clock.now() + set,
      steady: () => clock.now() + 5_000,
      schedule: clock.schedule.bind(clock),
    }
    // As a database: it has a clock of its own, and is asked.
    const store = over(new MemoryStore({ clock }), { capabilities: { notify: true, sessions: true, terminate: true } })
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
