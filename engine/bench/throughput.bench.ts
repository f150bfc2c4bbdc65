/**
 * `bun engine/bench/throughput.bench.ts [rounds] [processes]`: processes of five steps with 1 KB each, 1,000 at once, on one
 * node and a durable Postgres. In the same rounds and on the same server: the limit (rows inserted 500 at a time), one
 * transaction per step, DBOS and graphile-worker. The last two are installed into `bench/optional` at the first run; without
 * a registry they are left out. Medians; CPU of the contender's OS process and of all server processes.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Contender } from './measure/contender.ts'
import { durableServer } from './measure/durable-server.ts'
import { processCpu, serverLoad } from './measure/server-load.ts'
import { median } from './measure/statistics.ts'

const rounds = Number(process.argv[2] ?? 3)
/** With few processes much of what is measured is the compiling of the code to machine code, in all contenders. */
const total = Number(process.argv[3] ?? 8_000)

interface Entry {
  readonly name: string
  readonly file: string
  /** Share of the processes it is given: the slow ones get fewer. */
  readonly share: number
}

interface Figures {
  readonly rate: number
  readonly worker: number
  readonly server: number
  readonly wal: number
}

const entries: readonly Entry[] = [
  { name: 'engine', file: 'contenders/engine.ts', share: 1 },
  { name: 'batched insert', file: 'contenders/batched-insert.ts', share: 2 },
  { name: 'transaction per step', file: 'contenders/transaction-per-step.ts', share: 0.5 },
  ...((await installed())
    ? [
        { name: 'DBOS', file: 'optional/dbos.ts', share: 0.25 },
        { name: 'graphile-worker', file: 'optional/graphile-worker.ts', share: 0.25 },
      ]
    : []),
]
const only = process.env.BENCH_ONLY?.split(',')
const chosen = entries.filter(({ name }) => only === undefined || only.some((part) => name.includes(part)))

const server = await durableServer()
const measured = new Map<string, Figures[]>()
for (let round = 1; round <= rounds; round++) {
  for (const entry of chosen) {
    const figures = await measure(entry, round)
    measured.set(entry.name, [...(measured.get(entry.name) ?? []), figures])
  }
}
await server.stop()

const engine = summary('engine')
console.log(
  Bun.inspect.table(
    chosen.map(({ name }) => {
      const { rate, worker, server: postgres, wal } = summary(name)
      return {
        contender: name,
        'steps/s': Math.round(rate),
        'CPU ms per process': (worker + postgres).toFixed(2),
        worker: worker.toFixed(2),
        Postgres: postgres.toFixed(2),
        'x engine': ((worker + postgres) / (engine.worker + engine.server)).toFixed(1),
        'WAL B per step': Math.round(wal),
      }
    }),
  ),
)
console.log(
  `engine: ${((100 * engine.rate) / summary('batched insert').rate).toFixed(0)} % of the batched limit in steps/s`,
)

/** One contender, started, warmed up, measured and ended. */
async function measure({ name, file, share }: Entry, round: number): Promise<Figures> {
  const processes = Math.round(total * share)
  const url = await server.database(`bench_${round}_${name.replaceAll(/\W/g, '_').toLowerCase()}`)
  const contender = new Contender([process.execPath, join(import.meta.dir, file), url], {
    env: { BENCH_TOTAL: String(processes) },
  })
  try {
    await contender.ready()
    await contender.work()
    const cpu = processCpu(contender.pid)
    const before = await serverLoad(server.sql)
    const { steps, seconds } = await contender.work()
    const after = await serverLoad(server.sql)
    return {
      rate: steps / seconds,
      worker: (processCpu(contender.pid) - cpu) / processes,
      server: (after.cpu - before.cpu) / processes,
      wal: (after.wal - before.wal) / steps,
    }
  } finally {
    await contender.end()
  }
}

function summary(name: string): Figures {
  const all = measured.get(name) ?? []
  const of = (key: keyof Figures) => median(all.map((figures) => figures[key]))
  return { rate: of('rate'), worker: of('worker'), server: of('server'), wal: of('wal') }
}

async function installed(): Promise<boolean> {
  const cwd = join(import.meta.dir, 'optional')
  if (existsSync(join(cwd, 'node_modules'))) return true
  const install = Bun.spawn([process.execPath, 'install', '--frozen-lockfile'], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  if ((await install.exited) === 0) return true
  console.log(`DBOS and graphile-worker are left out: ${(await new Response(install.stderr).text()).trim()}`)
  return false
}
