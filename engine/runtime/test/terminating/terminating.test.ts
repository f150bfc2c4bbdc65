import { expect, test } from 'bun:test'
import { createEngine, defineProcess, delay } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { TestClock } from '@justscale/engine/testing'
import { terminatingCases } from './cases.ts'

terminatingCases('memory', async () => {
  const store = new MemoryStore()
  return { store: () => store, close: () => store.close() }
})

test('a quarantined process is terminated, and no timer of it is left', async () => {
  const clock = new TestClock()
  const store = new MemoryStore({ clock })
  const host = { hang: () => new Promise<void>(() => {}) }
  const killer = defineProcess({
    path: '/killer/:id',
    inject: { host },
    async handler({ host }) {
      await delay.seconds(1)
      await Promise.all([host.hang(), delay.days(1)])
    },
  })
  const engine = createEngine({ store, processes: [killer], clock, report() {} })
  await engine.start()
  const handle = await engine.run(killer, { id: '1' })
  await clock.advance(1_000)
  for (let node = 1; node <= 3; node++) {
    store.kill(node)
    await clock.advance(10)
  }
  expect(await handle.status).toBe('quarantined')
  await handle.terminate('it kills')
  await clock.settle()
  expect(await handle.status).toBe('cancelled')
  expect((await store.census()).timers).toBe(0)
  await engine.stop()
})
