import { afterAll, beforeAll } from 'bun:test'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { PostgresStore } from '@justscale/engine/postgres'
import { terminatingCases } from './cases.ts'

let database: TestDatabase
let opened = 0

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database?.drop())

terminatingCases('postgres', async () => {
  const namespace = `terminating_${++opened}`
  const stores: PostgresStore[] = []
  return {
    store() {
      const store = new PostgresStore({ url: database.url, namespace })
      stores.push(store)
      return store
    },
    close: async () => {
      for (const store of stores) await store.close()
    },
  }
})
