/**
 * `bun engine/bench/suspended.bench.ts [many]`: a thousand suspended processes and a million (default), one in a hundred of
 * them in the middle of a turn when their node died. How long a node takes to boot, to claim and to carry a signal beside
 * either, bytes per process over all tables and indexes and of each, and memory of a node in an OS process of its own, which
 * has nothing to run by then, after a collection. Rows are copies of a process that the engine suspended itself.
 */
import { createEngine, defineProcess, defineSignals, delay, race, signal } from '@justscale/engine'
import { PostgresStore } from '@justscale/engine/postgres'
import { openPostgres } from '@justscale/engine/sql'
import { durableServer } from './measure/durable-server.ts'
import { median } from './measure/statistics.ts'

const signals = defineSignals((declare) => ({
  go: declare('/waits/:number/go').data<{ readonly text: string }>(),
}))

const waits = defineProcess({
  path: '/waits/:number',
  async handler() {
    const r = race()
    switch (true) {
      case signal(r, signals.go):
        return 'told'
      case delay.days(r, 30):
        return 'late'
    }
  },
})

interface Figures {
  readonly boot: number
  readonly claim: number
  readonly emit: number
  readonly bytes: number
  readonly memory: number
}

const [, , role, address = ''] = process.argv
if (role === 'node') {
  const engine = createEngine({ store: new PostgresStore({ url: address }), processes: [waits] })
  await engine.start()
  await Bun.sleep(2_000)
  Bun.gc(true)
  console.log(process.memoryUsage().rss)
  await engine.drain()
  await engine.store.close()
  process.exit(0)
}

const many = Number(role ?? 1_000_000)
const server = await durableServer()
const few = await measure(1_000)
const lots = await measure(many)
console.log(`bytes per suspended process: ${Math.round(lots.bytes)} (target: under 1,024 plus locals)`)
for (const what of ['boot', 'claim', 'emit'] as const) {
  console.log(
    `${what}: ${few[what].toFixed(1)} ms beside 1,000, ${lots[what].toFixed(1)} ms beside ${many}: ` +
      `x ${(lots[what] / few[what]).toFixed(2)} (target 1.5)`,
  )
}
console.log(`memory of the node: ${few.memory} MB and ${lots.memory} MB`)
await server.stop()
process.exit(0)

async function measure(count: number): Promise<Figures> {
  const url = await server.database(`suspended_${count}`)
  const sql = openPostgres(url)
  const maker = createEngine({ store: new PostgresStore({ url }), processes: [waits] })
  await maker.start()
  const template = await maker.run(waits, { number: 'TEMPLATE' })
  while ((await template.status) !== 'waiting');
  await maker.drain()
  await maker.store.close()
  await copy(sql, count)
  const [size] = await sql.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(c.oid))::float8 as bytes from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'justscale' and c.relkind = 'r' and c.relname in ('instance', 'process', 'part', 'timer', 'subscription')`,
  )

  const boots: number[] = []
  const claims: number[] = []
  for (let round = 0; round < 5; round++) {
    const store = new PostgresStore({ url })
    const from = performance.now()
    await store.migrate()
    await store.livePrograms()
    const session = await store.connect({ name: 'bench', onWake() {}, onLost() {} })
    boots.push(performance.now() - from)
    const before = performance.now()
    await session.claim(10, new Set())
    claims.push(performance.now() - before)
    await store.close()
  }

  const engine = createEngine({ store: new PostgresStore({ url }), processes: [waits] })
  await engine.start()
  const woken = `select count(*)::int4 as count from justscale.wake`
  while (((await sql.query<{ count: number }>(woken))[0]?.count ?? 0) > 0) await Bun.sleep(200)
  const emits: number[] = []
  for (let round = 0; round < 40; round++) {
    const number = String(1 + Math.floor(((round + 0.5) / 40) * count)).padStart(8, '0')
    const from = performance.now()
    await engine.emit(signals.go, { number, text: 'go' })
    await engine.process(`/waits/${number}`).result
    emits.push(performance.now() - from)
  }
  await engine.drain()
  await engine.store.close()
  await printSizes(sql, count)
  await sql.close()
  const node = Bun.spawn([process.execPath, import.meta.path, 'node', url], { stderr: 'inherit' })
  const memory = Math.round(Number(await new Response(node.stdout).text()) / 1_048_576)
  return { boot: median(boots), claim: median(claims), emit: median(emits), bytes: (size?.bytes ?? 0) / count, memory }
}

async function printSizes(sql: ReturnType<typeof openPostgres>, count: number): Promise<void> {
  const rows = await sql.query<{ name: string; bytes: number }>(
    `select relname as name, (pg_relation_size(c.oid) / $1::float8) as bytes
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'justscale' and pg_relation_size(c.oid) > $1::float8 order by 1`,
    [count],
  )
  console.log(`${count}: ${rows.map(({ name, bytes }) => `${name} ${bytes.toFixed(0)}`).join(', ')} bytes each`)
}

/** Numbers of eight digits: the copies are as long as the original. */
async function copy(sql: ReturnType<typeof openPostgres>, count: number): Promise<void> {
  const named = (column: string) => `replace(${column}, 'TEMPLATE', lpad(x.number::text, 8, '0'))`
  await sql.query(`create table copies (number int primary key, id uuid not null)`)
  // Version 7: ids grow with time.
  await sql.query(`insert into copies select number, (lpad(to_hex(1700000000000 + number), 12, '0') || '7' ||
    substr(md5(number::text), 1, 3) || '8' || substr(md5(number::text), 4, 15))::uuid from generate_series(1, ${count}) as number`)
  const statements = [
    `insert into justscale.instance (id, path, kind, parent, started_at, shard)
     select x.id, ${named('i.path')}, i.kind, i.parent, i.started_at, x.number % 256
     from justscale.instance i, copies x where i.path = '/waits/TEMPLATE'`,
    `insert into justscale.process (id, seq, line, kind, shard, status, head_chunks, waits, head)
     select x.id, p.seq, p.line, p.kind, x.number % 256, case when x.number % 100 = 0 then 0 else p.status end, p.head_chunks, p.waits,
       convert_to(${named("convert_from(p.head, 'utf8')")}, 'utf8')
     from justscale.process p join justscale.instance i using (id), copies x where i.path = '/waits/TEMPLATE'`,
    `insert into justscale.subscription (process, number, shard, key)
     select x.id, s.number, x.number % 256, ${named('s.key')}
     from justscale.subscription s join justscale.instance i on i.id = s.process, copies x where i.path = '/waits/TEMPLATE'`,
    `insert into justscale.timer (process, due, number, shard) select x.id, t.due, t.number, x.number % 256
     from justscale.timer t join justscale.instance i on i.id = t.process, copies x where i.path = '/waits/TEMPLATE'`,
    `insert into justscale.wake (shard, process, id) select x.number % 256, x.id, 0 from copies x where x.number % 100 = 0`,
    'drop table copies',
  ]
  const lane = await sql.lane({ deadline: 0 })
  for (const statement of [...statements, 'vacuum analyze', 'checkpoint']) await lane.query(statement)
  lane.release()
}
