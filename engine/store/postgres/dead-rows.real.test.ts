/** Rows that are gone cost the looks of a node once: no vacuum has to come before they are cheap again. */
import { expect, test } from 'bun:test'
import { testDatabase } from '../../sql/embedded/index.ts'
import { openPostgres } from '../../sql/postgres-js.ts'
import { pulseStatement } from './membership.ts'
import { PostgresStore } from './postgres-store.ts'

test('a look does not read again what was deleted', async () => {
  const database = await testDatabase()
  const sql = openPostgres(database.url)
  const store = new PostgresStore({ url: database.url, sql, namespace: 'dead' })
  await store.migrate()
  await sql.query('insert into dead.shard (id, node) values (1, 1) on conflict (id) do update set node = 1')
  await sql.query(`insert into dead.wake (shard, process, id, claimed)
    select 1, gen_random_uuid(), n, false from generate_series(1, 20000) n`)
  await sql.query('delete from dead.wake')
  const lane = await sql.lane({ pool: 'control' })
  const { text, parameters } = pulseStatement('dead', 1, true)
  const pagesRead = async () => {
    const explained = `explain (analyze, buffers, format json) ${text}`
    const [row] = await lane.query<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(explained, parameters)
    const plan = row?.['QUERY PLAN'][0]?.Plan
    return (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0)
  }
  const first = await pagesRead()
  // A transaction somewhere else on the server may have to end before they count as gone for all.
  let later = await pagesRead()
  for (let look = 0; look < 300 && later > first / 4; look++) later = await pagesRead()
  expect(later).toBeLessThan(first / 4)
  lane.release()
  await store.close()
  await sql.close()
  await database.drop()
})
