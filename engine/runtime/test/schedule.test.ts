import { beforeEach, describe, expect, test } from 'bun:test'
import {
  createEngine,
  currentStep,
  defineSchedule,
  type Engine,
  type EngineEvent,
  type Firing,
  ScheduleDefinitionError,
  type ScheduleOptions,
} from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { seededEntropy, TestClock } from '@justscale/engine/testing'
import { billing, ledger, subscription, twoSteps } from './processes.ts'

beforeEach(() => void ledger.splice(0))

/** Engines on one store and clock, all with the same schedule. */
class Cluster {
  readonly clock = new TestClock('2026-01-31T10:30:00Z')
  readonly store = new MemoryStore({ clock: this.clock })
  readonly events: EngineEvent[] = []
  #seed = 0

  async engine(options: Partial<ScheduleOptions> & Pick<ScheduleOptions, 'fire'>): Promise<Engine> {
    const engine = createEngine({
      store: this.store,
      processes: [twoSteps, subscription],
      schedules: [defineSchedule({ name: 'hourly', cron: '0 * * * *', ...options })],
      clock: this.clock,
      entropy: seededEntropy(++this.#seed),
      report: (event) => void this.events.push(event),
    })
    await engine.start()
    return engine
  }
}

const startTwo = ({ due }: Firing) => twoSteps({ id: due.toPlainDateTime().toString() })
const paths = async ({ store }: Cluster) => (await store.list({})).map(({ path }) => path).sort()

test('a schedule starts a process at each of its moments, and nothing between', async () => {
  const cluster = new Cluster()
  const engine = await cluster.engine({ fire: startTwo })
  await cluster.clock.advanceTo('2026-01-31T10:59:59.999Z')
  expect(await paths(cluster)).toEqual([])
  await cluster.clock.advanceTo('2026-01-31T11:00:00Z')
  expect(await paths(cluster)).toEqual(['/two/2026-01-31T11%3A00%3A00'])
  await cluster.clock.advance({ hours: 2 })
  expect(ledger.filter((line) => line.endsWith('two'))).toHaveLength(3)
  await engine.stop()
  await cluster.clock.advance({ hours: 2 })
  expect(await paths(cluster)).toHaveLength(3)
})

test('of several nodes one fires; what the others would have started is not there', async () => {
  const cluster = new Cluster()
  let asked = 0
  const fire = async ({ due }: Firing) => {
    await twoSteps({ id: `${due.hour} by ${++asked}` })
    // Long enough for the others to begin.
    await new Promise<void>((resolve) => cluster.clock.schedule(5, resolve))
  }
  const engines = [await cluster.engine({ fire }), await cluster.engine({ fire }), await cluster.engine({ fire })]
  await cluster.clock.advance({ hours: 3 })
  expect(asked).toBe(9)
  expect(await paths(cluster)).toHaveLength(3)
  expect((await cluster.store.schedules())[0]).toMatchObject({ name: 'hourly', firings: 3 })
  for (const engine of engines) await engine.stop()
})

test('a firing emits signals', async () => {
  const cluster = new Cluster()
  const engine = await cluster.engine({
    async fire() {
      await billing.cancelled({ user: 'ada' })
      await billing.cancelled({ user: 'bob' })
    },
  })
  const handle = await engine.run(subscription, { user: 'ada' })
  await cluster.clock.advance({ hours: 1 })
  expect(await handle.result).toEqual({ status: 'cancelled', months: 0 })
  await engine.stop()
})

describe('moments that passed while no node was running', () => {
  async function afterFiveHours(missed?: 'latest' | 'all' | 'skip') {
    const cluster = new Cluster()
    const options = { fire: startTwo, ...(missed && { missed }) }
    await (await cluster.engine(options)).stop()
    await cluster.clock.advance({ hours: 5 })
    const engine = await cluster.engine(options)
    await cluster.clock.settle()
    const found = (await paths(cluster)).map((path) => decodeURIComponent(path).slice(-8, -3))
    await cluster.clock.advance({ hours: 1 })
    await engine.stop()
    return [found, (await paths(cluster)).length - found.length]
  }

  test('fire once, for the latest', async () => {
    expect(await afterFiveHours()).toEqual([['15:00'], 1])
  })
  test('fire for each where asked', async () => {
    expect(await afterFiveHours('all')).toEqual([['11:00', '12:00', '13:00', '14:00', '15:00'], 1])
  })
  test('are dropped where asked', async () => expect(await afterFiveHours('skip')).toEqual([[], 1]))
})

test('a rule that changed counts from the change on', async () => {
  const cluster = new Cluster()
  await (await cluster.engine({ cron: '0 12 * * *', fire: startTwo })).stop()
  await cluster.clock.advance({ hours: 1 })
  const engine = await cluster.engine({ cron: '0 11 * * *', fire: startTwo })
  await cluster.clock.settle()
  expect(await paths(cluster)).toEqual([])
  await cluster.clock.advance({ days: 1 })
  expect(await paths(cluster)).toEqual(['/two/2026-02-01T11%3A00%3A00'])
  await engine.stop()
})

test('moments are in the time zone, and firings say so', async () => {
  const cluster = new Cluster()
  const seen: string[] = []
  const engine = await cluster.engine({
    cron: '30 2 * * *',
    timeZone: 'Europe/Amsterdam',
    fire: ({ due }) => void seen.push(`${due.toString()} ${currentStep()?.idempotencyKey}`),
  })
  await cluster.clock.advanceTo('2026-03-30T12:00:00Z')
  await engine.stop()
  expect(seen.slice(-3)).toEqual([
    '2026-03-28T02:30:00+01:00[Europe/Amsterdam] schedule/hourly/2026-03-28T01:30:00Z',
    '2026-03-29T03:00:00+02:00[Europe/Amsterdam] schedule/hourly/2026-03-29T01:00:00Z',
    '2026-03-30T02:30:00+02:00[Europe/Amsterdam] schedule/hourly/2026-03-30T00:30:00Z',
  ])
})

test('a firing that throws starts nothing, is reported, and is tried again until it succeeds', async () => {
  const cluster = new Cluster()
  let attempts = 0
  const engine = await cluster.engine({
    async fire(firing) {
      await startTwo(firing)
      if (++attempts < 3) throw new RangeError('not yet')
    },
  })
  await cluster.clock.advanceTo('2026-01-31T11:00:00Z')
  expect(await paths(cluster)).toEqual([])
  expect(cluster.events).toMatchObject([{ kind: 'schedule', schedule: 'hourly', error: { message: 'not yet' } }])
  await cluster.clock.advance({ minutes: 1 })
  expect(await paths(cluster)).toEqual(['/two/2026-01-31T11%3A00%3A00'])
  expect(attempts).toBe(3)
  await engine.stop()
})

test('two schedules of one name are refused', () => {
  const schedule = defineSchedule({ name: 'twice', cron: '@daily', fire() {} })
  expect(() => createEngine({ store: new MemoryStore(), schedules: [schedule, schedule] })).toThrow(
    ScheduleDefinitionError,
  )
})
