/**
 * `bun engine/bench/process-steps.bench.ts [processes] [rounds]`: whole processes of five steps on one node and Postgres, all
 * started at once. Prints steps per second and this OS process's CPU per process, per round: run it for two builds in turns.
 */
import { createEngine, defineProcess } from '@justscale/engine'
import { testDatabase } from '@justscale/engine/embedded'
import { PostgresStore } from '@justscale/engine/postgres'

const count = Number(process.argv[2] ?? 1_000)
const rounds = Number(process.argv[3] ?? 3)

const five = defineProcess({
  path: '/five/:number',
  inject: { work: { step: async (text: string) => `${text}.` } },
  async handler({ work }, { number }) {
    const one = await work.step(number)
    const two = await work.step(one)
    const three = await work.step(two)
    const four = await work.step(three)
    return await work.step(four)
  },
})

const database = await testDatabase()
const engine = createEngine({ store: new PostgresStore({ url: database.url }), processes: [five] })
await engine.start()
for (let round = 0; round <= rounds; round++) {
  const cpu = process.cpuUsage()
  const from = performance.now()
  await Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const handle = await engine.run(five, { number: `${round}-${number}` })
      await handle.result
    }),
  )
  const seconds = (performance.now() - from) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  const each = (user + system) / 1_000 / count
  if (round > 0) console.log(`${Math.round((5 * count) / seconds)} steps/s, ${each.toFixed(2)} ms CPU per process`)
}
await engine.drain()
await engine.store.close()
await database.drop()
