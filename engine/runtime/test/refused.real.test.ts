/** What Postgres refuses for what is in it: that process fails at its line, and nobody else notices. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  createEngine,
  defineProcess,
  defineSignals,
  type Engine,
  type EngineEvent,
  listen,
  signal,
} from '@justscale/engine'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { PostgresStore } from '@justscale/engine/postgres'
import { openPostgres } from '@justscale/engine/sql'

let database: TestDatabase
let engine: Engine
let store: PostgresStore
const events: EngineEvent[] = []

const work = { take: async (text: string): Promise<string> => text }
const signals = defineSignals((signal) => ({ answered: signal('/answer/:question').data<{ readonly text: string }>() }))

const reporter = defineProcess({
  path: '/reporter/:id',
  inject: { work },
  async handler({ work }, { id }, { publish }) {
    publish(await work.take(id))
    await work.take('done')
    return id
  },
})
/** Waits for a signal by a key that is known in the handler only. */
const asking = defineProcess({
  path: '/asking/:id',
  inject: { work, signals },
  async handler({ work, signals }, { id }) {
    const question = await work.take(
      Array.from({ length: 6_000 }, (_, index) => String.fromCharCode(97 + ((index * 7) % 23))).join(''),
    )
    using answer = listen(signals.answered, { question })
    await work.take(id)
    const { text } = await signal(answer)
    return text
  },
})

beforeAll(async () => {
  database = await testDatabase()
  store = new PostgresStore({ url: database.url })
  engine = createEngine({ store, processes: [reporter, asking], report: (event) => void events.push(event) })
  await engine.start()
  const sql = openPostgres(database.url)
  await sql.query('alter table justscale.process add constraint no_long_data check (length(data) < 200)')
  await sql.close()
})

afterAll(async () => {
  await engine?.stop()
  await store?.close()
  await database?.drop()
})

test('a process whose checkpoint is refused fails there, however many of them; others go on', async () => {
  const long = ['x', 'y', 'z'].map((letter) => letter.repeat(500))
  const handles = await Promise.all([...long, 'short'].map((id) => engine.run(reporter, { id })))
  const ends = await Promise.allSettled(handles.map((handle) => handle.result))
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled'])
  expect(ends[0]).toMatchObject({
    reason: { name: 'CheckpointRefusedError', message: expect.stringContaining('no_long_data') },
  })
  expect(events.map(({ kind }) => kind).filter((kind) => kind === 'failed')).toHaveLength(3)
  expect(await (await engine.run(reporter, { id: 'later' })).result).toBe('later')
})

test('a signal keyed by a text of any length arrives', async () => {
  const handle = await engine.run(asking, { id: 'long' })
  while ((await handle.status) !== 'waiting') await Bun.sleep(5)
  const question = Array.from({ length: 6_000 }, (_, index) => String.fromCharCode(97 + ((index * 7) % 23))).join('')
  await engine.emit(signals.answered, { question: `${question}!`, text: 'another' })
  await engine.emit(signals.answered, { question, text: 'yes' })
  expect(await handle.result).toBe('yes')
})

test('a path of thousands of characters is refused when it is given', async () => {
  const refused = await engine.run(reporter, { id: 'long '.repeat(1_000) }).catch((error: unknown) => error)
  expect(refused).toMatchObject({
    code: 'ENGINE_PROCESS_DEFINITION',
    message: expect.stringContaining('2000 characters'),
  })
})
