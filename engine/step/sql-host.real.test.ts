/** `currentStep().sql`: what a step writes is there exactly once, whatever happens to its transaction. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createEngine, currentStep, defineProcess, defineSignals, type Engine, signal } from '@justscale/engine'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { PostgresStore } from '@justscale/engine/postgres'
import { openPostgres, type SqlDatabase } from '@justscale/engine/sql'
import type { EngineStore } from '../store/store.ts'

let database: TestDatabase
let sql: SqlDatabase
let opened = 0

beforeAll(async () => {
  database = await testDatabase()
  sql = openPostgres(database.url, { applicationName: 'watcher' })
  await sql.query('create table entry (account text not null, amount int not null)')
})
afterAll(async () => {
  await sql?.close()
  await database?.drop()
})

const signals = defineSignals((signal) => ({
  booked: signal('/account/:account/booked').data<{ readonly amount: number }>(),
}))

/** What happens to a booking before it ends, by account. */
const disturbances = new Map<string, (run: NonNullable<ReturnType<typeof currentStep>>) => Promise<void>>()

const ledger = {
  async book(account: string, amount: number): Promise<number> {
    const step = currentStep()
    if (step?.sql === undefined) throw new Error('no statements in this step')
    await step.sql.query('insert into entry (account, amount) values ($1::text, $2::int4)', [account, amount])
    await signals.booked({ account, amount })
    await disturbances.get(account)?.(step)
    const [row] = await step.sql.query<{ sum: number }>(
      'select sum(amount)::int4 as sum from entry where account = $1::text',
      [account],
    )
    return row?.sum ?? 0
  },
}

const booking = defineProcess({
  path: '/booking/:account',
  inject: { ledger },
  async handler({ ledger }, { account }) {
    const first = await ledger.book(account, 1)
    const both = await Promise.all([2, 3].map(async (amount) => await ledger.book(account, amount)))
    return [first, both.length, await ledger.book(account, 4)]
  },
})

const hearing = defineProcess({
  path: '/account/:account/hearing',
  async handler() {
    const heard: number[] = []
    while (heard.length < 4) heard.push((await signal(signals.booked)).amount)
    return heard.toSorted()
  },
})

async function engineOn(body: (engine: Engine) => Promise<void>): Promise<void> {
  const store: EngineStore = new PostgresStore({ url: database.url, namespace: `sql_host_${++opened}` })
  const engine = createEngine({ store, processes: [booking, hearing], report() {} })
  await engine.start()
  try {
    await body(engine)
  } finally {
    await engine.stop()
    await store.close()
  }
}

async function bookAll(account: string): Promise<void> {
  await engineOn(async (engine) => {
    const heard = await engine.run(hearing, { account })
    const handle = await engine.run(booking, { account })
    expect(await handle.result).toEqual([1, 2, 10])
    expect(await heard.result).toEqual([1, 2, 3, 4])
  })
  const rows = await sql.query<{ amount: number }>(
    'select amount from entry where account = $1::text order by amount',
    [account],
  )
  expect(rows.map(({ amount }) => amount)).toEqual([1, 2, 3, 4])
}

test('statements, signal and outcome are one commit', () => bookAll('quiet'))

test('a serialisation failure runs the step again, with nothing left of the first try', async () => {
  let failures = 0
  disturbances.set('unlucky', async (step) => {
    if (failures++ < 2) await step.sql?.query(`do $$ begin raise exception 'try again' using errcode = '40001'; end $$`)
  })
  await bookAll('unlucky')
  expect(failures).toBe(6)
})

test('a connection that is cut in the middle of a step runs it again', async () => {
  let cuts = 0
  disturbances.set('cut', async (step) => {
    if (cuts++ > 1) return
    const [own] = (await step.sql?.query<{ pid: number }>('select pg_backend_pid() as pid')) ?? []
    await sql.query('select pg_terminate_backend($1::int4)', [own?.pid ?? 0])
  })
  await bookAll('cut')
  expect(cuts).toBe(6)
})

test('a step that fails keeps what it wrote, with its failure, and a step without statements has no transaction', async () => {
  disturbances.set('failing', async () => {
    throw new RangeError('no more')
  })
  await engineOn(async (engine) => {
    const handle = await engine.run(booking, { account: 'failing' })
    await expect(Promise.resolve(handle.result)).rejects.toThrow('no more')
  })
  expect(await sql.query(`select amount from entry where account = 'failing'`)).toEqual([{ amount: 1 }])
})
