import { afterAll, beforeAll } from 'bun:test'
import { testDatabase, type TestDatabase } from '../../sql/embedded/index.ts'
import { storeContract } from '../../testing/store-contract.ts'
import { openPostgres } from '../../sql/postgres-js.ts'
import { PostgresStore } from './postgres-store.ts'
import { PostgresSession } from './session.ts'

let database: TestDatabase
let opened = 0

beforeAll(async () => {
  database = await testDatabase()
})

afterAll(() => database?.drop())

storeContract('postgres', async () => {
  const namespace = `contract_${++opened}`
  const sql = openPostgres(database.url)
  const store = new PostgresStore({ url: database.url, sql, namespace })
  return {
    store,
    kill: async (session) => {
      if (session instanceof PostgresSession) await session.abandon()
      const node = `select from ${namespace}.node where id = $1::int4`
      while ((await sql.query(node, [session.node])).length > 0);
    },
    advance: async (milliseconds) => {
      const end = (await store.now()) + milliseconds
      while ((await store.now()) < end);
    },
    close: async () => {
      await store.close()
      await sql.close()
    },
  }
})
