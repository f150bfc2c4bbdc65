/** Timers: of processes in memory and at rest, and what they cost the store. */
import { expect, test } from 'bun:test'
import { createEngine, defineProcess, defineSignals, delay, race, signal } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { TestClock } from '@justscale/engine/testing'
import { over } from './simulation/simulation.ts'

const clock = new TestClock()
const rang: string[] = []
const bell = {
  async ring(name: string): Promise<void> {
    rang.push(name)
  },
  work: (milliseconds: number) => new Promise<void>((resolve) => void clock.schedule(milliseconds, resolve)),
}
const doors = defineSignals((signal) => ({ opened: signal('/door/:id/opened') }))

const beside = defineProcess({
  path: '/beside/:id',
  inject: { bell },
  async handler({ bell }) {
    const short = async () => {
      await delay.seconds(1)
      await bell.ring('short')
      await delay.seconds(1)
      await bell.ring('long')
    }
    await Promise.all([bell.work(60_000), short()])
  },
})
const both = defineProcess({
  path: '/both/:id',
  inject: { bell, doors },
  async handler({ bell, doors }, { id }) {
    await Promise.all([delay.seconds(1), signal(doors.opened)])
    await bell.ring(id)
  },
})
const either = defineProcess({
  path: '/either/:id',
  inject: { bell, doors },
  async handler({ bell, doors }, { id }) {
    const r = race()
    switch (true) {
      case delay.seconds(r, 1):
        await bell.ring(id)
        break
      case signal(r, doors.opened):
    }
  },
})

async function open() {
  const calls = { claim: 0, claimDue: 0 }
  const real = new MemoryStore({ clock })
  const store = over(real, {
    async connect(options) {
      const session = await real.connect(options)
      return over(session, {
        claim: (limit, running, most) => (calls.claim++, session.claim(limit, running, most)),
        claimDue: (ids, most) => (calls.claimDue++, session.claimDue(ids, most)),
      })
    },
  })
  const engine = createEngine({ store, processes: [beside, both, either], clock, report() {} })
  await engine.start()
  rang.splice(0)
  return { engine, calls, store }
}

test('one fiber waits for time while another is in the middle of a step', async () => {
  const { engine } = await open()
  const handle = await engine.run(beside, { id: '1' })
  await clock.advance(1_500)
  expect(rang).toEqual(['short'])
  await clock.advance(1_000)
  expect(rang).toEqual(['short', 'long'])
  await clock.advance(60_000)
  expect(await handle.status).toBe('completed')
  await engine.stop()
})

test('a timer that is over, of a wait that is not, wakes nobody again', async () => {
  const { engine, calls, store } = await open()
  const handle = await engine.run(both, { id: 'a' })
  await clock.advance(5_000)
  const before = { ...calls }
  const record = await store.find('/both/a')
  expect((await store.load(record?.id ?? ''))?.timers.size).toBe(0)
  await clock.advance(60_000)
  expect(calls).toEqual(before)
  await engine.emit(doors.opened, { id: 'a' })
  await clock.settle()
  expect([rang, await handle.status]).toEqual([['a'], 'completed'])
  await engine.stop()
})

test('the timer of a paused process wakes nobody, and is over when it goes on', async () => {
  const { engine, calls } = await open()
  const handle = await engine.run(either, { id: 'p' })
  await clock.settle()
  await handle.pause()
  await clock.advance(5_000)
  const before = { ...calls }
  await clock.advance(60_000)
  expect([calls, rang]).toEqual([before, []])
  await handle.resume()
  await clock.settle()
  expect([rang, await handle.status]).toEqual([['p'], 'completed'])
  await engine.stop()
})

test('a hundred sleepers are claimed by their timers, and those whose wait ended otherwise are not', async () => {
  const { engine, calls } = await open()
  for (let id = 0; id < 100; id++) await engine.run(either, { id: `${id}` })
  await clock.settle()
  for (let id = 0; id < 100; id += 5) await engine.emit(doors.opened, { id: `${id}` })
  await clock.settle()
  const before = { ...calls }
  await clock.advance(1_000)
  await clock.settle()
  expect(rang).toHaveLength(80)
  expect(calls.claimDue - before.claimDue).toBeLessThanOrEqual(4)
  await engine.stop()
})
