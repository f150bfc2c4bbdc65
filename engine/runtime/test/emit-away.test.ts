/** What a step emits waits for its checkpoint, not for the store to answer whether there is room. */
import { expect, test } from 'bun:test'
import { createEngine, defineProcess, defineSignals } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import type { EngineStore } from '../../store/store.ts'
import { over } from './simulation/simulation.ts'

const signals = defineSignals((signal) => ({ told: signal('/told/:who').data<{ readonly text: string }>() }))

const teller = defineProcess({
  path: '/teller/:who',
  inject: { voice: { tell: (who: string) => signals.told({ who, text: 'hello' }) } },
  async handler({ voice }, { who }) {
    for (let count = 0; count < 3; count++) await voice.tell(who)
    return 'told'
  },
})

test('a step that emits while the store does not answer goes on', async () => {
  let asked = 0
  const store = over(new MemoryStore() as EngineStore, {
    room: () => {
      asked++
      return Promise.reject(new Error('the connection was lost'))
    },
  })
  const engine = createEngine({ store, processes: [teller] })
  await engine.start()
  const handle = await engine.run(teller, { who: 'ada' })
  expect(await handle.result).toBe('told')
  expect(asked).toBeGreaterThan(0)
  await engine.stop()
})
