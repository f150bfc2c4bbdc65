/**
 * `bun engine/bench/timers.bench.ts [firings per second] [seconds]`: processes whose delays end at an even rate; how late
 * their next step runs, by the clock of the machine that both engine and server run on.
 */
import { createEngine, defineProcess, delay } from '@justscale/engine'
import { PostgresStore } from '@justscale/engine/postgres'
import { closedLoop } from './measure/contender.ts'
import { durableServer } from './measure/durable-server.ts'
import { percentile } from './measure/statistics.ts'

const rate = Number(process.argv[2] ?? 1_000)
const seconds = Number(process.argv[3] ?? 10)
const late: number[] = []

const sleeper = defineProcess({
  path: '/sleeper/:due',
  inject: { clock: { rang: async (due: number) => void late.push(Date.now() - due) } },
  async handler({ clock }, { due }) {
    const at = Number(due.split('-')[0])
    await delay.until(at)
    await clock.rang(at)
  },
})

const server = await durableServer()
const url = await server.database('timers')
const engine = createEngine({ store: new PostgresStore({ url }), processes: [sleeper] })
await engine.start()
const count = rate * seconds
// All of them sleep before the first one wakes.
const first = Date.now() + 5_000 + count * 3
await closedLoop(count, 500, (number) =>
  engine.run(sleeper, { due: `${Math.round(first + (number * 1_000) / rate)}-${number}` }),
)
const early = first - Date.now()
if (early < 500) console.log(`started too slowly: ${early} ms before the first firing`)
while (late.length < count) await Bun.sleep(200)
console.log(
  `${count} firings at ${rate}/s: late by ${percentile(late, 0.5)} ms (p50), ${percentile(late, 0.99)} ms (p99; target 50), ` +
    `${Math.max(...late)} ms at most; ${late.filter((by) => by < 0).length} early`,
)
await engine.drain()
await engine.store.close()
await server.stop()
process.exit(0)
