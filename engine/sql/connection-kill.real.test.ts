/**
 * Connections die under load: hundreds of backends are ended while transactions run. Nothing acknowledged may be missing,
 * nothing may be there twice, nothing may hang, and innocents on other connections must not notice.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { testDatabase, type TestDatabase } from './embedded/index.ts'
import { SqlConnectionError } from './errors.ts'
import { openPostgres } from './postgres-js.ts'

const KILLS = 150
const WORKERS = 24

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})

afterAll(() => database?.drop())

test(`${KILLS} killed backends: nothing lost, wrong, doubled or hung`, async () => {
  const admin = openPostgres(database.url, { applicationName: 'admin' })
  await admin.query('create table entry (id int primary key, twin int not null)')
  const sql = openPostgres(database.url, { applicationName: 'victim', pools: { work: 8, query: 4 } })
  const acknowledged = new Set<number>()
  const refused = new Set<number>()
  const surprises: unknown[] = []
  let number = 0
  let stop = false

  function expected(error: unknown): undefined {
    if (!(error instanceof SqlConnectionError)) surprises.push(error)
  }

  async function transaction(id: number): Promise<void> {
    const lane = await sql.lane({ timeout: 60_000 }).catch(expected)
    if (!lane) return
    let committing = false
    try {
      await lane.query('begin')
      await lane.query('insert into entry values ($1::int, $2::int)', [id, -id])
      const [row] = await lane.query('select twin from entry where id = $1::int', [id])
      if (row?.twin !== -id) surprises.push({ id, row })
      committing = true
      await lane.query('commit')
      acknowledged.add(id)
    } catch (error) {
      expected(error)
      if (!committing) refused.add(id)
    } finally {
      lane.release()
    }
  }

  async function single(id: number): Promise<void> {
    try {
      const [row] = await sql.query('select $1::int as id', [id])
      if (row?.id !== id) surprises.push({ id, row })
    } catch (error) {
      expected(error)
    }
  }

  const workers = Array.from({ length: WORKERS }, async (_, index) => {
    while (!stop) await (index % 3 === 0 ? single(++number) : transaction(++number))
  })
  let killed = 0
  while (killed < KILLS) {
    const [row] = await admin.query<{ killed: number }>(
      `select count(pg_terminate_backend(pid))::int as killed from (
         select pid from pg_stat_activity where application_name = 'victim' order by random() limit 1) victim`,
    )
    killed += row?.killed ?? 0
    await admin.query('select pg_sleep(0.005)')
  }
  stop = true
  await Promise.all(workers)
  const rows = await admin.query<{ id: number }>('select id from entry')
  const stored = new Set(rows.map(({ id }) => id))
  expect(surprises).toEqual([])
  expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([])
  expect([...refused].filter((id) => stored.has(id))).toEqual([])
  expect(acknowledged.size).toBeGreaterThan(KILLS)
  await sql.close()
  await admin.close()
}, 60_000)
