/**
 * What continuing costs after a history: `bun engine/bench/resume.bench.ts [url]`. Processes with 0, 1,000, 100,000 and
 * 1,000,000 steps behind them wait in Postgres; each is read from there again and again, and brought back to where it waits.
 * The time of the engine (decoding, restoring, the pending wait) must not grow, nor what is stored. The steps are reads, which
 * are not committed one by one: their number is what counts here.
 */
import { mkdtempSync, chmodSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, defineProcess, delay } from '@justscale/engine'
import { compiledMark, type CompiledHandler, type Environment, type LoadedProgram } from '../program/index.ts'
import { instantiate, pendingEffects, restore } from '../machine/index.ts'
import { readHead } from '../runtime/head-text.ts'
import { startEmbedded } from '../sql/embedded/index.ts'
import { openPostgres } from '../sql/postgres-js.ts'
import { PostgresStore } from '../store/postgres/index.ts'
import { createValueCodec } from '../value/create-codec.ts'

const HISTORIES = [0, 1_000, 100_000, 1_000_000]
const ROUNDS = 200

const svc = {
  async order() {
    return {
      id: 'o-1',
      total: 12,
      lines: [
        { sku: 'a', count: 2 },
        { sku: 'b', count: 1 },
      ],
      at: new Date(0),
    }
  },
  async next(value: number) {
    return (value * 7 + 1) % 1_000_003
  },
}

const past = defineProcess({
  path: '/past/:steps',
  inject: { svc },
  async handler({ svc }, { steps }) {
    const order = await svc.order()
    let sum = 0
    for (let step = 0; step < Number(steps); step++) sum = await svc.next(sum)
    await delay.years(1)
    return [order.total, sum]
  },
})

const dataDir = mkdtempSync(join(tmpdir(), 'justscale-bench-'))
chmodSync(dataDir, 0o755)
const server = process.argv[2] === undefined ? await startEmbedded({ dataDir, durable: false }) : undefined
const url = process.argv[2] ?? server?.url ?? ''
const sql = openPostgres(url, { pools: { work: 4, query: 4, flush: 2 } })
const store = new PostgresStore({ url, sql, namespace: `bench_${process.pid}` })
await store.migrate()
const engine = createEngine({ store, processes: [past], isRead: () => true })
await engine.start()

const codec = createValueCodec()
const compiled = past.handler as CompiledHandler
if (compiled[compiledMark] !== 1) throw new Error('Run from the repository, so that the plugin is loaded')
const environment: Environment = {
  dependencies: { svc },
  isRead: () => true,
  program: () => program,
  adopt: () => program,
  host: { currentStep: () => undefined, transaction: () => undefined, retryDelay: () => undefined },
}
const program: LoadedProgram = instantiate(
  compiled.program,
  compiled.hash,
  () => undefined,
  () => environment,
)

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0
console.log('past steps   read from Postgres   engine    stored')
for (const steps of HISTORIES) {
  const handle = await engine.run(past, { steps: String(steps) })
  while ((await handle.status) !== 'waiting') await Bun.sleep(100)
  const { id } = (await store.find(`/past/${steps}`)) ?? { id: '' }
  const reads: number[] = []
  const resumes: number[] = []
  let bytes = 0
  for (let round = 0; round < ROUNDS; round++) {
    const from = Bun.nanoseconds()
    const loaded = await store.load(id)
    const read = Bun.nanoseconds()
    if (!loaded) throw new Error('Gone')
    const head = readHead(loaded.head, loaded.record.program)
    const state = restore(head.machine, codec.decode({ parts: loaded.parts, roots: new Map(head.roots) }), environment)
    const [wait] = pendingEffects(state, environment)
    resumes.push((Bun.nanoseconds() - read) / 1e6)
    reads.push((read - from) / 1e6)
    if (wait?.kind !== 'wait') throw new Error('Not where it waits')
    bytes = loaded.head.length + [...loaded.parts.values()].reduce((sum, part) => sum + part.length, 0)
  }
  console.log(
    `${String(steps).padStart(10)} ${`${median(reads).toFixed(2)} ms`.padStart(20)} ${`${median(resumes).toFixed(3)} ms`.padStart(9)} ${`${bytes} bytes`.padStart(11)}`,
  )
}

await engine.stop()
await sql.query(`drop schema bench_${process.pid} cascade`)
await store.close()
await sql.close()
await server?.stop()
rmSync(dataDir, { recursive: true, force: true })
