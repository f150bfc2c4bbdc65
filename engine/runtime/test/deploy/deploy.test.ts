/** Code changes do not touch running processes. */
import { describe, expect, test } from 'bun:test'
import { createEngine, DeployRefusedError, type EngineEvent, type ProcessDefinition } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { TestClock } from '@justscale/engine/testing'
import * as one from './version-one.ts'
import * as three from './version-three.ts'
import * as two from './version-two.ts'

function world() {
  const clock = new TestClock()
  const store = new MemoryStore({ clock })
  const events: EngineEvent[] = []
  const engine = (definition: ProcessDefinition, park = false, programKey: string | string[] = []) =>
    createEngine({
      store,
      clock,
      processes: [definition],
      park,
      programKey,
      report: (event) => void events.push(event),
    })
  return { clock, store, engine, events }
}

test('a suspended process finishes on the program it began with; a new one gets the new code', async () => {
  const { clock, engine } = world()
  const old = engine(one.order)
  await old.start()
  await old.run(one.order, { id: 'abc' })
  await clock.settle()
  await old.drain()

  const current = engine(two.order)
  await current.start()
  const begun = await current.run(two.order, { id: 'xy' })
  await clock.advance({ days: 3 })
  // Its own constants and helpers, the new service and the new import.
  expect(await current.process('/deploy/abc').result).toBe('version one 4 60!')
  expect(await begun.result).toBe('version two 1020!')
  await current.stop()
})

test('a deploy that lacks what a live program calls is refused, with the list; parked it starts and leaves those waiting', async () => {
  const { clock, store, engine, events } = world()
  const old = engine(one.order)
  await old.start()
  for (const id of ['a', 'b']) await old.run(one.order, { id })
  await clock.settle()
  await old.drain()

  const refused = engine(three.order)
  const error = await refused.start().catch((error: unknown) => error)
  expect(error).toBeInstanceOf(DeployRefusedError)
  expect((error as Error).message).toMatch(
    /cannot run 2 live processes:\n {2}2 of \/deploy\/:id \(program \w{12}\), 2 at line \d+: the method `shop\.price`/,
  )
  expect((error as Error).message).toMatch(/label\.ts#label|the import/)
  expect(await refused.compat()).toHaveLength(1)

  const parked = engine(three.order, true)
  await parked.start()
  await clock.advance({ days: 1, seconds: 10 })
  expect(await parked.process('/deploy/a').status).toBe('waiting')
  expect(events.find(({ kind }) => kind === 'unavailable')).toMatchObject({
    process: expect.stringMatching(/^\/deploy\/[ab]$/),
    error: { code: 'ENGINE_PROGRAM_UNAVAILABLE', message: expect.stringContaining('the method `shop.price`') },
  })
  await clock.advance({ minutes: 1 })
  expect(events.filter(({ kind }) => kind === 'unavailable')).toHaveLength(1)
  expect(parked.metrics.counters.unavailable).toBeGreaterThan(2)
  // It had no turn there: that the node dies is not its fault.
  store.kill(2)
  expect(await store.find('/deploy/a')).toMatchObject({ status: 'waiting', crashes: 0 })
  await parked.stop()
  const again = engine(one.order)
  await again.start()
  await clock.advance({ days: 2 })
  expect(await again.process('/deploy/b').result).toBe('version one 2 2!')
  await again.stop()
})

describe('signed programs', () => {
  /** A process that began with version one, and then a build of version two. */
  async function after(storedWith: string[], runWith: string[], park = false) {
    const { clock, store, engine, events } = world()
    const old = engine(one.order, false, storedWith)
    await old.start()
    await old.run(one.order, { id: 'abc' })
    await clock.settle()
    await old.drain()
    const current = engine(two.order, park, runWith)
    return { clock, store, events, current, started: await current.start().catch((error: unknown) => error) }
  }

  test('are run where the key is known, also while it is changed', async () => {
    for (const keys of [['secret'], ['new', 'secret']]) {
      const { clock, current, started } = await after(['secret'], keys)
      expect(started).toBeUndefined()
      await clock.advance({ days: 3 })
      expect(await current.process('/deploy/abc').result).toBe('version one 4 60!')
      await current.stop()
    }
  })

  test('are refused at start, by name, where they have no signature or another one', async () => {
    for (const [keys, why] of [
      [[], 'it is not signed'],
      [['other'], 'it is signed with a key that this engine does not have'],
    ] as const) {
      const { started } = await after([...keys], ['secret'])
      expect(started).toBeInstanceOf(DeployRefusedError)
      expect((started as Error).message).toMatch(
        new RegExp(`1 of /deploy/:id \\(program \\w{12}\\), 1 at line \\d+: ${why}`),
      )
    }
  })

  test('whose text was changed are not run, with or without a key', async () => {
    for (const keys of [[], ['secret']]) {
      const { clock, store, events, current } = await after(keys, keys, true)
      const [live] = await store.livePrograms()
      const stored = await store.getProgram(live?.hash ?? '')
      if (stored) Object.assign(stored, { text: `${stored.text} ` })
      await clock.advance({ days: 1, seconds: 10 })
      expect(events.find(({ kind }) => kind === 'unavailable')).toMatchObject({
        process: '/deploy/abc',
        error: { code: 'ENGINE_PROGRAM_REFUSED', message: expect.stringContaining('not what its hash says') },
      })
      expect(await current.compat()).toMatchObject([{ missing: ['its stored text is not what its hash says'] }])
      await current.stop()
    }
  })
})
