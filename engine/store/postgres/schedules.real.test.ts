/** Schedules on real Postgres: several engines, one of them killed, each second fired for once. */
import { expect, test } from 'bun:test'
import { createEngine, defineSchedule, type Engine } from '@justscale/engine'
import { testDatabase } from '../../sql/embedded/index.ts'
import { ledger, twoSteps } from '../../runtime/test/processes.ts'
import { PostgresStore } from './postgres-store.ts'

test('three nodes fire once for each moment, and go on when nodes are gone', async () => {
  const database = await testDatabase()
  const stores: PostgresStore[] = []
  const engines: Engine[] = []
  const asked: string[] = []
  const enough = Promise.withResolvers<void>()
  ledger.splice(0)

  async function node(name: string): Promise<void> {
    const store = new PostgresStore({ url: database.url })
    stores.push(store)
    const schedule = defineSchedule({
      name: 'every second',
      cron: '* * * * * *',
      missed: 'all',
      async fire({ due }) {
        asked.push(`${name} ${due.epochMilliseconds}`)
        await twoSteps({ id: `${due.epochMilliseconds} by ${name}` })
        if (new Set(asked.map((line) => line.split(' ')[1])).size === 3) void engines[0]?.stop()
        if (new Set(asked.map((line) => line.split(' ')[1])).size === 6) enough.resolve()
      },
    })
    const engine = createEngine({ store, processes: [twoSteps], schedules: [schedule], name, report() {} })
    engines.push(engine)
    await engine.start()
  }

  try {
    await node('a')
    await node('b')
    await node('c')
    await enough.promise
    const last = stores[1] as PostgresStore
    let firings = 0
    while (firings < 6) firings = (await last.schedules())[0]?.firings ?? 0
    for (const engine of engines) await engine.stop()
    const paths = (await last.list({})).map(({ path }) => path.replace(/%20by.*/, ''))
    const [record] = await last.schedules()
    expect(paths.length).toBe(record?.firings ?? 0)
    expect(new Set(paths).size).toBe(paths.length)
    const moments = paths.map((path) => Number(path.slice('/two/'.length))).sort()
    for (const [index, moment] of moments.entries()) expect(moment - (moments[0] ?? 0)).toBe(index * 1_000)
  } finally {
    for (const store of stores) await store.close()
    await database.drop()
  }
})
