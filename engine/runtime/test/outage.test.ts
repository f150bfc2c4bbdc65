import { expect, test } from 'bun:test'
import { createEngine, defineSchedule, type EngineEvent } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { TestClock } from '@justscale/engine/testing'
import type { EngineStore } from '../../store/store.ts'
import { subscription } from './processes.ts'
import { over } from './simulation/simulation.ts'

class Away extends Error {
  readonly code = 'SQL_CONNECTION'
}

/** A store that can be cut off, with everything that is asked of it meanwhile. */
function cuttable(clock: TestClock) {
  const real = new MemoryStore({ clock })
  const state = { store: real as EngineStore, away: false, refused: 0, onLost: (_reason: string) => {} }
  const guard = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get(of, name) {
        const member: unknown = Reflect.get(of, name)
        if (typeof member !== 'function') return member
        return (...given: unknown[]) => {
          if (!state.away) return Reflect.apply(member, of, given)
          state.refused++
          return Promise.reject(new Away('the database is away'))
        }
      },
    })
  state.store = over(guard(real as EngineStore), {
    capabilities: { notify: false, sessions: true, terminate: true },
    connect: async (options) => {
      const session = guard(await guard(real).connect(options))
      state.onLost = options.onLost
      return session
    },
  })
  return state
}

test('an outage is told once, however much fails meanwhile, and its end too', async () => {
  const clock = new TestClock()
  const state = cuttable(clock)
  const events: EngineEvent[] = []
  const engine = createEngine({
    store: state.store,
    processes: [subscription],
    schedules: [defineSchedule({ name: 'often', cron: '* * * * * *', fire() {} })],
    clock,
    report: (event) => void events.push(event),
  })
  await engine.start()
  for (const user of ['ada', 'bob', 'cy']) await engine.run(subscription, { user })
  await clock.advance(2_000)
  state.away = true
  await clock.advance(3_000)
  state.onLost('its lease could not be renewed')
  await clock.advance({ minutes: 3 })
  expect(state.refused).toBeGreaterThan(100)
  expect(events.map(({ kind }) => kind)).toEqual(['store', 'lost'])
  state.away = false
  await clock.advance(90_000)
  expect(events.map(({ kind }) => kind)).toEqual(['store', 'lost', 'reachable'])
  state.away = true
  await clock.advance(1_000)
  await engine.stop()
  expect(events.map(({ kind }) => kind)).toEqual(['store', 'lost', 'reachable', 'store'])
})

test('stopping while the store is asked is no outage', async () => {
  const clock = new TestClock()
  const real = new MemoryStore({ clock })
  const events: EngineEvent[] = []
  const asked = Promise.withResolvers<void>()
  const cut = Promise.withResolvers<never>()
  cut.promise.catch(() => {})
  const store = over(real as EngineStore, {
    connect: async (options) =>
      over(await real.connect(options), {
        claim: () => {
          asked.resolve()
          return cut.promise
        },
      }),
  })
  const engine = createEngine({ store, processes: [subscription], clock, report: (event) => void events.push(event) })
  await engine.start()
  await asked.promise
  await engine.stop()
  cut.reject(new Away('Connection to the database lost: it was given back unusable'))
  await clock.settle()
  expect(events).toEqual([])
})

test('an engine whose start failed can be started again', async () => {
  const clock = new TestClock(1_700_000_000_000)
  const cut = cuttable(clock)
  const engine = createEngine({ store: cut.store, processes: [subscription], clock, report() {} })
  cut.away = true
  expect(await engine.start().catch((error: unknown) => error)).toBeInstanceOf(Away)
  cut.away = false
  await engine.start()
  const handle = await engine.run(subscription, { user: 'ann' })
  await clock.settle()
  expect(await handle.status).toBe('waiting')
  await engine.stop()
})

test('a process whose checkpoint is refused, although it is still here, is taken up again as it is stored', async () => {
  const clock = new TestClock()
  const real = new MemoryStore({ clock })
  let refused = 0
  const store = over(real, {
    async connect(options) {
      const session = await real.connect(options)
      const commit: typeof session.commit = async (checkpoints) =>
        refused++ === 0 ? checkpoints.map(() => 'fenced') : session.commit(checkpoints)
      return over(session, { commit })
    },
  })
  const engine = createEngine({ store, processes: [subscription], clock, report() {} })
  await engine.start()
  const handle = await engine.run(subscription, { user: 'c' })
  await clock.advance(1_000)
  expect(refused).toBeGreaterThan(1)
  expect(await handle.status).toBe('waiting')
  await engine.stop()
})
