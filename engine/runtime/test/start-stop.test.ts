/** An engine that is started and stopped in the middle of either, and whose store fails while it joins. */
import { expect, test } from 'bun:test'
import { createEngine, defineProcess, delay, ProcessDefinitionError, type StoreSession } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { TestClock } from '@justscale/engine/testing'
import { over } from './simulation/simulation.ts'

const nap = defineProcess({
  path: '/start-stop/:id',
  async handler() {
    await delay.seconds(1)
    return 'rested'
  },
})

function open() {
  const clock = new TestClock()
  const real = new MemoryStore({ clock })
  const sessions = new Set<StoreSession>()
  const before = { connect: async () => {}, now: async () => {}, putPrograms: async () => {} }
  const onLost: ((reason: string) => void)[] = []
  const store = over(real, {
    async putPrograms(programs) {
      await before.putPrograms()
      await real.putPrograms(programs)
    },
    async now() {
      await before.now()
      return real.now()
    },
    async connect(options) {
      await before.connect()
      onLost.push(options.onLost)
      const session = await real.connect(options)
      const counted = over(session, {
        leave() {
          sessions.delete(counted)
          return session.leave()
        },
      })
      sessions.add(counted)
      return counted
    },
  })
  const engine = createEngine({ store, processes: [nap], clock, report() {} })
  return { clock, engine, sessions, before, onLost }
}

/** Runs `then` while the engine is in the middle of what `at` names, once. */
function meanwhile({ before }: ReturnType<typeof open>, at: 'connect' | 'now' | 'putPrograms', then: () => unknown) {
  before[at] = async () => {
    before[at] = async () => {}
    then()
    await Promise.resolve()
  }
}

for (const at of ['putPrograms', 'connect', 'now'] as const) {
  test(`stopped while it starts, at ${at}: nothing runs, and it can be started again`, async () => {
    const opened = open()
    const { engine, sessions, clock } = opened
    let stopped: Promise<void> | undefined
    meanwhile(opened, at, () => (stopped = engine.stop()))
    await engine.start()
    await stopped
    expect(sessions.size).toBe(0)
    await engine.start()
    expect(sessions.size).toBe(1)
    const handle = await engine.run(nap, { id: 'a' })
    await clock.advance(1_000)
    expect(await handle.status).toBe('completed')
    await engine.stop()
    expect(sessions.size).toBe(0)
  })

  test(`stopped and started again while it starts, at ${at}: it has one place`, async () => {
    const opened = open()
    const { engine, sessions } = opened
    const both: Promise<void>[] = []
    meanwhile(opened, at, () => both.push(engine.stop(), engine.start()))
    await engine.start()
    await Promise.all(both)
    expect(sessions.size).toBe(1)
    await engine.stop()
    expect(sessions.size).toBe(0)
  })
}

test('who starts it a second time waits for the first', async () => {
  const { engine, sessions } = open()
  void engine.start()
  await engine.start()
  expect(sessions.size).toBe(1)
  await engine.stop()
})

test('a store that fails in the middle of joining again is joined once more', async () => {
  const opened = open()
  const { engine, clock, onLost, sessions } = opened
  await engine.start()
  meanwhile(opened, 'now', () => {
    throw new Error('The database is away')
  })
  sessions.clear()
  onLost[0]?.('taken over')
  await clock.advance(5_000)
  expect(sessions.size).toBe(1)
  const handle = await engine.run(nap, { id: 'b' })
  await clock.advance(5_000)
  expect(await handle.status).toBe('completed')
  await engine.stop()
})

test('of two processes with one path the second is refused', () => {
  const { engine } = open()
  const other = defineProcess({
    path: '/start-stop/:id',
    async handler() {
      return 'other'
    },
  })
  expect(() => engine.add(other)).toThrow(ProcessDefinitionError)
})
