/**
 * `bun run soak bloat`: five minutes (`SOAK_SECONDS`) of processes that start, step, sleep, get a signal and end, beside
 * suspended ones, on a durable server with autovacuum as it comes. Prints size, dead rows and the share of in-page (HOT)
 * updates of each table over time; fails when the tables grew by more than half in the second half, or when a process's row
 * leaves its page in more than one of three updates. `SOAK_FILLFACTOR` tries another fill factor of the table `process`.
 */
import { createEngine, defineProcess, defineSignals, delay, signal } from '@justscale/engine'
import { PostgresStore } from '@justscale/engine/postgres'
import { openPostgres } from '@justscale/engine/sql'
import { step } from './contenders/workload.ts'
import { durableServer } from './measure/durable-server.ts'

const SECONDS = Number(process.env.SOAK_SECONDS ?? 300)
const WORKERS = 200
const SUSPENDED = 5_000

const signals = defineSignals((declare) => ({
  go: declare('/soak/:number/go').data<{ readonly text: string }>(),
}))

const busy = defineProcess({
  path: '/soak/:number',
  inject: { work: { step } },
  async handler({ work }, { number }) {
    const one = await work.step(number)
    const two = await work.step(one)
    await delay.milliseconds(50)
    const three = await work.step(two)
    const { text } = await signal(signals.go)
    const four = await work.step(three + text)
    return (await work.step(four)).length
  },
})

const server = await durableServer()
const url = await server.database('bloat')
const sql = openPostgres(url)
// What ended is forgotten after ten seconds, so that a steady state is reached.
const store = new PostgresStore({ url, retention: 10_000 })
const engine = createEngine({ store, processes: [busy] })
await engine.start()
const fill = process.env.SOAK_FILLFACTOR
if (fill !== undefined) await sql.query(`alter table justscale.process set (fillfactor = ${Number(fill)})`)

for (let from = 0; from < SUSPENDED; from += 200) {
  await Promise.all(Array.from({ length: 200 }, (_, index) => engine.run(busy, { number: `rest-${from + index}` })))
}
const rests = async () => (await store.census()).processes.waiting ?? 0
while ((await rests()) < SUSPENDED) await Bun.sleep(200)

let ended = 0
const until = performance.now() + SECONDS * 1_000
async function worker(name: number): Promise<void> {
  for (let round = 0; performance.now() < until; round++) {
    const number = `${name}-${round}`
    const { result } = await engine.run(busy, { number })
    await engine.emit(signals.go, { number, text: 'go' })
    await result
    ended++
  }
}
const workers = Promise.all(Array.from({ length: WORKERS }, (_, name) => worker(name)))

const sizes: number[] = []
let hot = 0
for (let sample = 1; sample <= 10; sample++) {
  await Bun.sleep((SECONDS * 1_000) / 10)
  await look(`${Math.round((sample * SECONDS) / 10)} s, ${ended} ended`)
}
await workers
await engine.drain()
await store.close()
await sql.close()
await server.stop()
const growth = (sizes.at(-1) as number) / (sizes[4] as number)
console.log(`second half: x ${growth.toFixed(2)} in size; in-page updates of processes: ${hot} %`)
process.exit(growth > 1.5 || hot < 66 ? 1 : 0)

async function look(title: string): Promise<void> {
  const rows = await sql.query<{ name: string; table: number; index: number; live: number; dead: number; hot: number }>(
    `select relname as name, pg_table_size(relid)::float8 as table, pg_indexes_size(relid)::float8 as index,
       n_live_tup::float8 as live, n_dead_tup::float8 as dead,
       round(100.0 * n_tup_hot_upd / greatest(n_tup_upd, 1), 1)::float8 as hot
     from pg_stat_all_tables where schemaname = 'justscale' order by relname`,
  )
  sizes.push(rows.reduce((sum, { table, index }) => sum + table + index, 0))
  hot = rows.find(({ name }) => name === 'process')?.hot ?? 0
  const kilobytes = (bytes: number) => `${Math.round(bytes / 1_024)} KB`
  const shown = rows.filter(({ table }) => table > 65_536)
  console.log(title)
  for (const { name, table, index, live, dead, hot: inPage } of shown) {
    console.log(`  ${name}: ${kilobytes(table)} + ${kilobytes(index)}, ${live} rows, ${dead} dead, ${inPage} % in page`)
  }
}
