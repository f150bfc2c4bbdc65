/** `delay.until` with moments that are none, and with fractions of a millisecond. */
import { expect, test } from 'bun:test'
import { createEngine, defineProcess, defineSignals, delay, SignalRouteError } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { TestClock } from '@justscale/engine/testing'

const moments: Record<string, number> = { never: Infinity, always: -Infinity, fraction: Date.UTC(2026, 0, 1) + 500.5 }
const calendar = { momentOf: async (id: string) => moments[id] as number }
const rings = defineSignals((signal) => ({ rang: signal('/until/:id/rang') }))

const until = defineProcess({
  path: '/until/:id',
  inject: { calendar },
  async handler({ calendar }, { id }) {
    const moment = await calendar.momentOf(id)
    await delay.until(moment)
    return 'over'
  },
})

function open() {
  const clock = new TestClock()
  const store = new MemoryStore({ clock })
  return { clock, store, engine: createEngine({ store, processes: [until], clock, report() {} }) }
}

test.each(['never', 'always'])('no date can hold it: %s', async (id) => {
  const { clock, engine } = open()
  await engine.start()
  const handle = await engine.run(until, { id })
  await clock.settle()
  expect(await handle.status).toBe('failed')
  await expect(Promise.resolve(handle.result)).rejects.toThrow('is no moment that a date can hold')
  await engine.stop()
})

test('times in stores are whole milliseconds: a fraction is waited for', async () => {
  const { clock, engine, store } = open()
  await engine.start()
  const handle = await engine.run(until, { id: 'fraction' })
  await clock.advance(500)
  const record = await store.find(handle.path)
  expect([...((await store.load(record?.id ?? ''))?.timers.values() ?? [])]).toEqual([Date.UTC(2026, 0, 1) + 501])
  await clock.advance(1)
  expect(await handle.status).toBe('completed')
  await engine.stop()
})

test('a signal is emitted with an object', async () => {
  const { engine } = open()
  for (const nothing of [null, undefined, 'x'])
    await expect(engine.emit(rings.rang, nothing as never)).rejects.toBeInstanceOf(SignalRouteError)
})
