import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createEngine } from '@justscale/engine'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { PostgresStore } from '@justscale/engine/postgres'
import { openPostgres } from '@justscale/engine/sql'
import { PostgresSession } from '../../../store/postgres/session.ts'
import type { EngineStore, StoreSession } from '../../../store/store.ts'
import { over } from '../simulation/simulation.ts'
import { recoveryCases } from './cases.ts'
import { definitions, world } from './processes.ts'

let database: TestDatabase
let opened = 0

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database?.drop())

recoveryCases('postgres', async () => {
  const namespace = `recovery_${++opened}`
  const stores: PostgresStore[] = []
  return {
    store() {
      const store = new PostgresStore({ url: database.url, namespace })
      stores.push(store)
      return store
    },
    kill: async (session) => {
      if (session instanceof PostgresSession) await session.abandon()
    },
    close: async () => {
      for (const store of stores) await store.close()
    },
  }
})

test('postgres: every connection is cut while a dead node is being recovered, and nothing is stranded', async () => {
  const namespace = `recovery_${++opened}`
  const stores = ['victim', 'heir'].map(() => new PostgresStore({ url: database.url, namespace }))
  const made = stores.map((_, index) => definitions(index === 0 ? 'victim' : 'heir'))
  const sessions: StoreSession[] = []
  const [victim, heir] = stores.map((real, index) => {
    const store = over(real as EngineStore, {
      connect: async (options) => {
        const session = await real.connect(options)
        sessions.push(session)
        return session
      },
    })
    return createEngine({ store, processes: Object.values(made[index] ?? {}), poll: 50, report() {} })
  })
  const sql = openPostgres(database.url, { applicationName: 'axe' })
  if (victim === undefined || heir === undefined || made[0] === undefined) throw new Error('two engines')
  world.ran.length = 0
  world.steps.clear()
  const begun = Promise.withResolvers<void>()
  let count = 0
  for (let id = 0; id < 10; id++) {
    world.steps.set(`${id} two`, async (engine) => {
      if (engine === 'victim' && ++count === 10) begun.resolve()
      return engine === 'victim' ? new Promise<never>(() => {}) : `${id} two`
    })
  }
  try {
    await victim.start()
    for (let id = 0; id < 10; id++) await victim.run(made[0].three, { id: `${id}` })
    await begun.promise
    await heir.start()
    // The victim's connections and the heir's: the heir has to begin again in the middle of taking over.
    const cut = () =>
      sql.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name <> 'axe'`,
      )
    const [dying] = sessions
    if (dying instanceof PostgresSession) await dying.abandon()
    await victim.stop()
    for (let round = 0; round < 5; round++) {
      await cut()
      await heir.store.now().catch(() => 0)
    }
    for (let id = 0; id < 10; id++) {
      expect(await heir.process(`/three/${id}`).result).toEqual([`${id} one`, `${id} two`, `${id} three`])
    }
    for (let id = 0; id < 10; id++) {
      expect(world.ran.filter((line) => line.endsWith(` ${id} one`))).toEqual([`victim ${id} one`])
    }
  } finally {
    await heir.stop()
    await sql.close()
    for (const store of stores) await store.close()
  }
})
