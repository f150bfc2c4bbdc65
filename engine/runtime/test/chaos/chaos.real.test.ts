/**
 * Two OS processes run the workload on real Postgres; they are killed, frozen and asked to leave, and new ones take their
 * place. `CHAOS_ROUNDS` sets how often (default 8). Effects are counted in a schema of their own.
 */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { createEngine, type Process } from '@justscale/engine'
import { testDatabase } from '@justscale/engine/embedded'
import { PostgresStore } from '@justscale/engine/postgres'
import { openPostgres } from '@justscale/engine/sql'
import {
  chain,
  counter,
  expectedResults,
  family,
  fanOut,
  impatient,
  signals,
  workload,
} from '../simulation/workload.ts'

const ROUNDS = Number(process.env.CHAOS_ROUNDS ?? 8)
const INSTANCES = 4

async function spawnWorker(url: string) {
  const worker = Bun.spawn([process.execPath, join(import.meta.dir, 'worker.ts'), url], {
    stdout: 'pipe',
    stderr: 'inherit',
    cwd: process.cwd(),
  })
  for await (const chunk of worker.stdout) if (new TextDecoder().decode(chunk).includes('ready')) break
  return worker
}

/** What may befall a worker. */
const fates: readonly ((worker: Bun.Subprocess) => Promise<void>)[] = [
  async (worker) => worker.kill('SIGKILL'),
  async (worker) => worker.kill('SIGTERM'),
  async (worker) => {
    worker.kill('SIGSTOP')
    // Longer than its lease: others take over, and what it still writes when it wakes must be refused.
    await Bun.sleep(5_000)
    worker.kill('SIGCONT')
    await Bun.sleep(200)
    worker.kill('SIGKILL')
  },
]

test('killed, frozen and replaced workers: every process completes, each effect under one key with one argument', async () => {
  const database = await testDatabase()
  const sql = openPostgres(database.url)
  await sql.query('create schema ledger')
  await sql.query('create table ledger.effect (id bigint generated always as identity, key text, text text)')
  const store = new PostgresStore({ url: database.url })
  const client = createEngine({ store, processes: workload })
  let workers = await Promise.all([spawnWorker(database.url), spawnWorker(database.url)])
  let killed = 0
  try {
    for (let index = 0; index < INSTANCES; index++) {
      for (const definition of [chain, fanOut, family] as readonly Process<{ id: string }, unknown>[])
        await client.run(definition, { id: `${index}` })
      for (const definition of [counter, impatient] as readonly Process<{ counter: string }, unknown>[]) {
        await client.run(definition, { counter: `${index}` })
      }
    }
    for (let round = 0; round < Math.max(ROUNDS, 10); round++) {
      if (round < 10)
        for (let index = 0; index < INSTANCES; index++)
          await client.emit(signals.added, { counter: `${index}`, amount: round + 1 })
      if (round >= ROUNDS) continue
      const [victim, ...others] = workers
      if (victim === undefined) continue
      const fate = fates[round % fates.length]
      const replacement = spawnWorker(database.url)
      await fate?.(victim)
      await victim.exited
      killed++
      workers = [...others, await replacement]
    }
    const wanted = Object.assign(
      {},
      ...Array.from({ length: INSTANCES }, (_, index) => expectedResults(`${index}`)),
    ) as Record<string, unknown>
    const found = Object.fromEntries(
      await Promise.all(Object.keys(wanted).map(async (path) => [path, await client.process(path).result] as const)),
    )
    expect(found).toEqual(wanted)
    const rows = await sql.query<{ key: string; text: string; count: string }>(
      'select key, text, count(*) as count from ledger.effect group by key, text',
    )
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length)
    const texts = rows.map((row) => row.text.replace(/ at random .*/, ''))
    expect(new Set(texts).size).toBe(texts.length)
    expect(Math.max(...rows.map((row) => Number(row.count)))).toBeLessThanOrEqual(1 + killed)
    expect(killed).toBe(ROUNDS)
  } finally {
    for (const worker of workers) worker.kill('SIGKILL')
    await Promise.all(workers.map((worker) => worker.exited))
    await store.close()
    await sql.close()
    await database.drop()
  }
}, 120_000)
