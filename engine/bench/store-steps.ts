/**
 * What a durable step costs in the Postgres store alone: checkpoints of 1 KB through group commit, beside one UPDATE per
 * step on the same server. `bun engine/bench/store-steps.ts [url]`; without a URL, an embedded server with durable
 * settings. Prints steps per second, CPU of this process, WAL bytes and the share of in-page (HOT) updates.
 */
import { mkdtempSync, chmodSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '../sql/embedded/index.ts'
import { openPostgres } from '../sql/postgres-js.ts'
import type { SqlDatabase } from '../sql/connection.ts'
import { PostgresStore } from '../store/postgres/index.ts'
import { plainCheckpoint } from '../store/plain-checkpoint.ts'
import type { Checkpoint, LoadedProcess } from '../store/records.ts'
import type { StoreSession } from '../store/store.ts'

/** Different at every step: Postgres would leave out of its log what an update does not change. */
const FRAMES = Array.from({ length: 64 }, () => crypto.getRandomValues(new Uint8Array(1_000)))
const frame = (seq: number) => FRAMES[seq % FRAMES.length] as Uint8Array
const SECONDS = 4

const dataDir = mkdtempSync(join(tmpdir(), 'justscale-bench-'))
chmodSync(dataDir, 0o755)
const server = process.argv[2] === undefined ? await startEmbedded({ dataDir, durable: true }) : undefined
const url = process.argv[2] ?? server?.url ?? ''
const sql = openPostgres(url, { pools: { work: 32, query: 32, flush: 4 } })
const namespace = `bench_${process.pid}`
const store = new PostgresStore({ url, sql, namespace })
await store.migrate()
const session = await store.connect({ name: 'bench', onWake() {}, onLost: (reason) => console.error(reason) })

await sql.query(`create table ${namespace}.plain (id int primary key, seq int, frame bytea) with (fillfactor = 50)`)
for (const count of [1, 100, 1_000]) {
  const processes = await startMany(count)
  await report(`group commit, ${count} processes`, `${namespace}.process`, () => groupCommit(session, processes))
  await sql.query(`truncate ${namespace}.plain`)
  await sql.query(`insert into ${namespace}.plain select i, 0, $1::bytea from generate_series(1, $2::int) i`, [
    frame(0),
    count,
  ])
  await report(`one UPDATE per step, ${count} rows`, `${namespace}.plain`, () => singleUpdates(sql, count))
}

await store.close()
await sql.query(`drop schema ${namespace} cascade`)
await sql.close()
await server?.stop()
rmSync(dataDir, { recursive: true, force: true })

async function startMany(count: number): Promise<LoadedProcess[]> {
  const shards = session.shards()
  await store.start(
    Array.from({ length: count }, (_, index) => ({
      id: Bun.randomUUIDv7(),
      path: `/bench/${count}/${index}`,
      definition: '/bench/:count/:index',
      program: 'bench',
      shard: shards[index % shards.length] as number,
      head: frame(0),
      parts: new Map(),
      subscribe: [],
      place: { line: 1, waits: [] },
    })),
  )
  const claimed: LoadedProcess[] = []
  while (claimed.length < count) {
    claimed.push(...(await session.claim(count, new Set(claimed.map(({ record }) => record.id)))))
  }
  return claimed
}

/** Every process steps as soon as its last step is stored; what is ready while a flush is out goes with the next. */
async function groupCommit(at: StoreSession, processes: readonly LoadedProcess[]): Promise<number> {
  const seqs = new Map(processes.map(({ record }) => [record.id, record.seq]))
  const end = performance.now() + SECONDS * 1_000
  let steps = 0
  const halves = [processes.filter((_, index) => index % 2 === 0), processes.filter((_, index) => index % 2 === 1)]
  await Promise.all(
    halves.map(async (half) => {
      while (half.length > 0 && performance.now() < end) {
        const answers = await at.commit(
          half.map(({ record }) => step(record.id, record.shard, (seqs.get(record.id) ?? 0) + 1)),
        )
        if (answers.includes('fenced')) throw new Error('A step was refused')
        for (const { record } of half) seqs.set(record.id, (seqs.get(record.id) ?? 0) + 1)
        steps += half.length
      }
    }),
  )
  return steps
}

function step(id: string, shard: number, seq: number): Checkpoint {
  return plainCheckpoint({ id, shard, seq, status: 'running', head: frame(seq), place: { line: 2, waits: [] } })
}

async function singleUpdates(at: SqlDatabase, count: number): Promise<number> {
  const end = performance.now() + SECONDS * 1_000
  let steps = 0
  await Promise.all(
    Array.from({ length: Math.min(count, 32) }, async (_, worker) => {
      for (let id = worker; performance.now() < end; id = (id + 32) % count) {
        await at.query(`update ${namespace}.plain set seq = seq + 1, frame = $2::bytea where id = $1::int`, [
          id + 1,
          frame(steps),
        ])
        steps++
      }
    }),
  )
  return steps
}

async function report(title: string, table: string, run: () => Promise<number>): Promise<void> {
  const wal = async () => Number((await sql.query(`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as at`))[0]?.at)
  const before = await wal()
  const cpu = process.cpuUsage()
  const started = performance.now()
  const steps = await run()
  const seconds = (performance.now() - started) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  const written = (await wal()) - before
  await sql.query('select pg_stat_force_next_flush()')
  const [stat] = await sql.query(
    `select round(100.0 * n_tup_hot_upd / greatest(n_tup_upd, 1), 1)::float8 as hot, pg_total_relation_size(relid)::float8 as size
     from pg_stat_all_tables where relid = $1::regclass`,
    [table],
  )
  console.log(
    `${title}: ${Math.round(steps / seconds)} steps/s, ${((user + system) / steps).toFixed(1)} us CPU here, ` +
      `${Math.round(written / steps)} B WAL, ${String(stat?.hot)} % HOT, ${Math.round(Number(stat?.size) / 1024)} KB table`,
  )
}
