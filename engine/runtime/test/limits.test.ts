import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  createEngine,
  defineProcess,
  type Engine,
  type EngineEvent,
  type EngineOptions,
  InboxFullError,
  ProcessDefinitionError,
} from '@justscale/engine'
import { createInspector } from '@justscale/engine/inspector'
import { MemoryStore } from '@justscale/engine/memory'
import { seededEntropy, TestClock } from '@justscale/engine/testing'
import { billing, draining, failing, ledger, mended, subscription, twoSteps } from './processes.ts'

const clock = new TestClock()
/** What is at work now, by definition, and the most at once. */
const working = new Map<string, number>()
const most = new Map<string, number>()
const finished: string[] = []
let events: EngineEvent[] = []
let engines: Engine[] = []

const work = {
  async take(name: string, milliseconds: number): Promise<void> {
    working.set(name, (working.get(name) ?? 0) + 1)
    most.set(name, Math.max(most.get(name) ?? 0, working.get(name) ?? 0))
    await new Promise<void>((resolve) => clock.schedule(milliseconds, resolve))
    working.set(name, (working.get(name) ?? 0) - 1)
    finished.push(name)
  },
}

const narrow = defineProcess({
  path: '/narrow/:id',
  inject: { work },
  concurrency: 2,
  async handler({ work }) {
    await work.take('narrow', 100)
  },
})
const hot = defineProcess({
  path: '/hot/:id',
  inject: { work },
  async handler({ work }) {
    await work.take('hot', 100)
  },
})
const cold = defineProcess({
  path: '/cold/:id',
  inject: { work },
  async handler({ work }) {
    await work.take('cold', 100)
  },
})
const relay = {
  async act(player: string) {
    await billing.acted({ table: 't', player, bet: 1 })
  },
}
const relaying = defineProcess({
  path: '/relaying/:id',
  inject: { relay },
  async handler({ relay }, { id }) {
    try {
      await relay.act(id)
      return 'sent'
    } catch (error) {
      return error instanceof InboxFullError ? error.process : 'other'
    }
  },
})

beforeEach(() => {
  for (const state of [working, most]) state.clear()
  finished.splice(0)
  ledger.splice(0)
  events = []
})

afterEach(async () => {
  for (const engine of engines) await engine.stop()
  engines = []
})

async function open(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = createEngine({
    store: new MemoryStore({ clock }),
    processes: [narrow, hot, cold, relaying, draining, mended, failing, subscription, twoSteps],
    clock,
    entropy: seededEntropy(),
    report: (event) => void events.push(event),
    ...options,
  })
  engines.push(engine)
  await engine.start()
  return engine
}

describe('turns at once', () => {
  test('of a definition are as many as it allows, and all get done', async () => {
    const engine = await open()
    for (let id = 0; id < 9; id++) await engine.run(narrow, { id: `${id}` })
    await engine.run(cold, { id: '1' })
    await clock.advance(100)
    expect([finished.filter((name) => name === 'narrow').length, finished.includes('cold')]).toEqual([2, true])
    await clock.advance(1_000)
    expect([most.get('narrow'), finished.length]).toEqual([2, 10])
  })

  test('of a node are as many as it allows', async () => {
    const engine = await open({ concurrency: 3 })
    for (let id = 0; id < 8; id++) await engine.run(id % 2 === 0 ? hot : cold, { id: `${id}` })
    await clock.settle()
    expect([engine.running, (working.get('hot') ?? 0) + (working.get('cold') ?? 0)]).toEqual([3, 3])
    await clock.advance(1_000)
    expect(finished).toHaveLength(8)
  })

  test('of one definition are never all, so that others get their turn', async () => {
    const engine = await open({ concurrency: 8 })
    for (let id = 0; id < 100; id++) await engine.run(hot, { id: `${id}` })
    await clock.advance(50)
    await engine.run(cold, { id: 'late' })
    await clock.advance(100)
    expect([finished.includes('cold'), most.get('hot')]).toEqual([true, 6])
    await clock.advance(3_000)
    expect(finished).toHaveLength(101)
  })

  test('a limit that is none is refused', () => {
    const wrong = { ...narrow, path: '/wrong/:id', concurrency: 0 }
    expect(() => createEngine({ store: new MemoryStore(), processes: [wrong] })).toThrow(ProcessDefinitionError)
  })
})

describe('inboxes', () => {
  const acted = (player: string) => ({ table: 't', player, bet: 1 })

  test('a signal to a process that does not read is refused at the emit, in code and in steps', async () => {
    const engine = await open({ limits: { inbox: 3 } })
    const handle = await engine.run(draining, { table: 't' })
    for (let bet = 0; bet < 3; bet++) {
      await engine.emit(billing.acted, acted(`p${bet}`))
      await clock.advance(1_000)
    }
    const refused = await engine.emit(billing.acted, acted('late')).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(InboxFullError)
    expect(refused).toMatchObject({
      process: handle.path,
      message: expect.stringContaining('3 signals wait in the inbox of /table/t/drain'),
    })
    expect(await (await engine.run(relaying, { id: 'in a step' })).result).toBe(handle.path)
    const { counters } = engine.metrics
    expect(counters).toMatchObject({ signalsEmitted: 3, signalsAccepted: 3, signalsRefused: 2, signalsDelivered: 0 })
    await clock.advance({ minutes: 5 })
    await engine.emit(billing.acted, acted('read'))
    expect(await handle.result).toBe('read')
    expect(engine.metrics.counters).toMatchObject({ signalsDrained: 3, signalsDelivered: 1 })
    const { timeline } = (await createInspector(engine).inspect(handle.path)) ?? { timeline: [] }
    expect(timeline.map(({ kind, text }) => `${kind} ${text}`.trim())).toEqual(
      expect.arrayContaining(['drained 3 of /table/:table/acted', 'signal /table/:table/acted']),
    )
  })
})

test('what happened is counted', async () => {
  const engine = await open()
  await (
    await engine.run(twoSteps, { id: 'x' })
  ).result
  await engine.run(failing, { id: 'x' })
  await engine.emit(billing.cancelled, { user: 'nobody' })
  await engine.run(subscription, { user: 'ada' })
  await clock.advance({ months: 1 })
  await engine.process('/subscription/ada').cancel()
  await clock.settle()
  const { counters, histograms, running } = engine.metrics
  expect(counters).toMatchObject({
    starts: 3,
    steps: 5,
    completed: 1,
    failed: 1,
    cancelled: 1,
    signalsEmitted: 1,
    signalsUnheard: 1,
    fencedCommits: 0,
  })
  expect(counters.commits).toBeGreaterThanOrEqual(7)
  expect(counters.turns).toBeGreaterThanOrEqual(4)
  expect(histograms.flushSize.count).toBe(counters.flushes)
  expect(histograms.timerLateness).toMatchObject({ count: 1, sum: 0 })
  expect(running).toBe(0)
})
