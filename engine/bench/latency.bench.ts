/**
 * `bun engine/bench/latency.bench.ts [rounds]`: what one process takes on an idle node, in units of a plain commit (an insert
 * of 1 KB, measured in the same rounds on the same durable server). Medians.
 */
import { createEngine, defineProcess, defineSignals, signal } from '@justscale/engine'
import { PostgresStore } from '@justscale/engine/postgres'
import { bytes, step } from './contenders/workload.ts'
import { durableServer } from './measure/durable-server.ts'
import { median } from './measure/statistics.ts'

const rounds = Number(process.argv[2] ?? 100)

const signals = defineSignals((declare) => ({
  go: declare('/waits/:number/go').data<{ readonly text: string }>(),
}))

const five = defineProcess({
  path: '/five/:number',
  inject: { work: { step } },
  async handler({ work }, { number }) {
    const one = await work.step(number)
    const two = await work.step(one)
    const three = await work.step(two)
    const four = await work.step(three)
    return await work.step(four)
  },
})

const waits = defineProcess({
  path: '/waits/:number',
  async handler() {
    const { text } = await signal(signals.go)
    return text
  },
})

const server = await durableServer()
const url = await server.database('latency')
const engine = createEngine({ store: new PostgresStore({ url }), processes: [five, waits] })
await engine.start()
await server.sql.query('create table plain (id int primary key, data bytea not null)')
const lane = await server.sql.lane()

const times = { commit: [] as number[], five: [] as number[], signal: [] as number[] }
for (let round = 0; round < rounds + 20; round++) {
  const waiting = await engine.run(waits, { number: `${round}` })
  while ((await waiting.status) !== 'waiting');
  const commit = await timed(() => lane.query('insert into plain values ($1::int4, $2::bytea)', [round, bytes()]))
  const whole = await timed(async () => (await engine.run(five, { number: `${round}` })).result)
  const answered = await timed(async () => {
    await engine.emit(signals.go, { number: `${round}`, text: 'go' })
    await waiting.result
  })
  if (round < 20) continue
  times.commit.push(commit)
  times.five.push(whole)
  times.signal.push(answered)
}
lane.release()
await engine.drain()
await engine.store.close()
await server.stop()

const plain = median(times.commit)
console.log(`a plain commit: ${plain.toFixed(2)} ms`)
line('start to result of five steps', times.five, 6)
line('signal to result', times.signal, 3)
process.exit(0)

function line(name: string, all: readonly number[], target: number): void {
  const middle = median(all)
  console.log(`${name}: ${middle.toFixed(2)} ms, ${(middle / plain).toFixed(1)} commits (target: at most ${target})`)
}

async function timed(body: () => PromiseLike<unknown>): Promise<number> {
  const from = performance.now()
  await body()
  return performance.now() - from
}
