/** What the runtime promises beyond single nodes, on real Postgres: two engines, each with a store of its own. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import {
  createEngine,
  defineProcess,
  type Engine,
  type EngineEvent,
  type EngineOptions,
  InboxFullError,
} from '@justscale/engine'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { PostgresStore } from '@justscale/engine/postgres'
import { diary, elder, grandchild, middle } from './families.ts'
import { billing, draining, failing } from './processes.ts'

let database: TestDatabase
let opened = 0
let engines: Engine[] = []
const events: EngineEvent[] = []

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database?.drop())
beforeEach(() => {
  diary.splice(0)
  events.splice(0)
})

const atOnce = { now: 0, most: 0, done: 0 }
const work = {
  async take(): Promise<void> {
    atOnce.most = Math.max(atOnce.most, ++atOnce.now)
    await new Promise<void>((resolve) => setImmediate(resolve))
    atOnce.now--
    atOnce.done++
  },
}
const narrow = defineProcess({
  path: '/narrow/:id',
  inject: { work },
  concurrency: 2,
  async handler({ work }) {
    await work.take()
    await work.take()
  },
})

const processes = [elder, middle, grandchild, draining, narrow, failing]

/** Two engines in a namespace of their own. */
async function pair(options: Partial<EngineOptions> = {}): Promise<[Engine, Engine]> {
  const namespace = `features_${++opened}`
  for (const name of ['a', 'b']) {
    const store = new PostgresStore({ url: database.url, namespace })
    const engine = createEngine({ store, processes, name, report: (event) => void events.push(event), ...options })
    await engine.start()
    engines.push(engine)
  }
  return engines as [Engine, Engine]
}

async function closed(body: () => Promise<void>): Promise<void> {
  try {
    await body()
  } finally {
    for (const engine of engines) {
      await engine.stop()
      await engine.store.close()
    }
    engines = []
  }
}

test('a family is cancelled from another node, children first', () =>
  closed(async () => {
    const [a, b] = await pair()
    const handle = await a.run(elder, { id: 'quick' })
    while ((await b.store.find('/grandchild/quick-2-x')) === undefined);
    await b.process(handle.path).cancel('moving out')
    await expect(Promise.resolve(handle.result)).rejects.toThrow('moving out')
    expect(diary.at(-1)).toBe('quick is gone')
    for (const child of ['quick-1', 'quick-2']) {
      expect(diary.indexOf(`${child}-x is gone`)).toBeLessThan(diary.indexOf(`${child} is gone`))
      expect(await b.process(`/middle/${child}`).status).toBe('cancelled')
    }
  }))

test('a definition has no more turns on a node than it allows, and all get done', () =>
  closed(async () => {
    const [a, b] = await pair()
    await b.drain()
    const handles = await Promise.all(Array.from({ length: 40 }, (_, id) => a.run(narrow, { id: `${id}` })))
    for (const handle of handles) await handle.result
    expect(atOnce).toEqual({ now: 0, most: 2, done: 80 })
  }))

test('an inbox that is full refuses signals from every node', () =>
  closed(async () => {
    const [a, b] = await pair({ limits: { inbox: 2 } })
    await a.run(draining, { table: 't' })
    await a.store.emit([
      { signal: 's', keys: ['/table/:table/acted?table=t'], payload: a.codec.encodeValue({ table: 't' }, 'p') },
      { signal: 's', keys: ['/table/:table/acted?table=t'], payload: a.codec.encodeValue({ table: 't' }, 'p') },
    ])
    for (const engine of [a, b]) {
      const refused = engine.emit(billing.acted, { table: 't', player: 'p', bet: 1 })
      await expect(refused).rejects.toBeInstanceOf(InboxFullError)
    }
    while ((await a.store.census()).processes.waiting !== 1);
    expect(await a.store.census()).toMatchObject({ exact: true, timers: 1 })
  }))

test('a failed process is reported once, by the node that ran it', () =>
  closed(async () => {
    const [a, b] = await pair()
    const handle = await a.run(failing, { id: 'f' })
    await expect(Promise.resolve(b.process(handle.path).result)).rejects.toThrow('no money')
    await a.drain()
    await b.drain()
    expect(events.filter(({ kind }) => kind === 'failed')).toMatchObject([
      { process: '/failing/f', line: expect.any(Number) },
    ])
  }))
