/**
 * OS processes run the workload on a Postgres of their own while things befall them and it. Afterwards every process has
 * its known result, and the ledger, which the engine knows nothing of, holds each effect under one key with one argument.
 */
import { join } from 'node:path'
import { createEngine, type Process } from '@justscale/engine'
import { PostgresStore } from '@justscale/engine/postgres'
import {
  adder,
  burst,
  chain,
  counter,
  expectedResults,
  family,
  fanOut,
  impatient,
  signals,
  workload,
} from '../simulation/workload.ts'
import { type ChaosServer, chaosServer } from './chaos-server.ts'

export type Fate = 'kill' | 'leave' | 'freeze' | 'terminate' | 'restart' | 'outage' | 'die at a commit'

export interface ChaosOptions {
  /** OS processes at once. */
  readonly workers: number
  /** What happens, one after the other. */
  readonly fates: readonly Fate[]
  /** Of each process of the workload (default 3). */
  readonly instances?: number
  /** Through PgBouncer in transaction mode. */
  readonly pooled?: boolean
}

export interface ChaosResult {
  /** Broken invariants, in words; empty when all held. */
  readonly broken: readonly string[]
  /** How many different ones there were; the same for every run of as many instances. */
  readonly effects: number
  /** Effects that happened more than once, which only a crash explains. */
  readonly again: number
}

/** Of one instance: fifteen of the burst, five of the chain, eight of the fan, three leaves, six of two counters together. */
export const EFFECTS = 37

/** Longer than a lease: others take over, and what the frozen one still writes when it wakes must be refused. */
const FROZEN = 5_000

export async function chaos({ workers: count, fates, instances = 3, pooled }: ChaosOptions): Promise<ChaosResult> {
  const server = await chaosServer()
  await server.sql.query(`create schema ledger`)
  await server.sql.query(`create table ledger.effect (id uuid primary key, key text not null, text text not null,
    at timestamptz not null default clock_timestamp())`)
  const url = pooled ? await server.pooled() : server.url
  const store = new PostgresStore({ url: server.url, sql: server.sql })
  const client = createEngine({ store, processes: workload, report() {} })
  let commit = 0
  const spawn = async (die = '') => {
    const worker = Bun.spawn([process.execPath, join(import.meta.dir, 'worker.ts'), url], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, DIE: die },
    })
    for await (const chunk of worker.stdout) if (new TextDecoder().decode(chunk).includes('ready')) break
    return worker
  }
  const next = () =>
    fates.includes('die at a commit') ? `${(++commit >> 1) + 1}:${commit % 2 ? 'before' : 'after'}` : ''
  let workers = await Promise.all(Array.from({ length: count }, () => spawn(next())))

  async function befall(fate: Fate): Promise<void> {
    if (fate === 'terminate') return server.terminate()
    if (fate === 'restart') return server.restart(0)
    if (fate === 'outage') return server.restart(4_000)
    const [victim, ...others] = workers
    if (victim === undefined) return
    const replacement = spawn(fate === 'die at a commit' ? next() : '')
    if (fate === 'kill') victim.kill('SIGKILL')
    if (fate === 'leave') victim.kill('SIGTERM')
    if (fate === 'freeze') {
      victim.kill('SIGSTOP')
      await Bun.sleep(FROZEN)
      victim.kill('SIGCONT')
      await Bun.sleep(200)
      victim.kill('SIGKILL')
    }
    // When there is nothing left to do it does not come to its commit.
    if (fate === 'die at a commit') {
      await Promise.race([victim.exited, Bun.sleep(5_000)])
      victim.kill('SIGKILL')
    }
    await victim.exited
    workers = [...others, await replacement]
  }

  try {
    await store.migrate()
    for (let index = 0; index < instances; index++) {
      for (const definition of [adder, burst, chain, fanOut, family] as readonly Process<{ id: string }, unknown>[])
        await client.run(definition, { id: `${index}` })
      for (const definition of [counter, impatient] as readonly Process<{ counter: string }, unknown>[])
        await client.run(definition, { counter: `${index}` })
    }
    for (let round = 0; round < Math.max(fates.length, 10); round++) {
      for (let index = 0; index < instances && round < 10; index++)
        await client.emit(signals.added, { counter: `${index}`, amount: round + 1 })
      const fate = fates[round]
      if (fate !== undefined) await befall(fate)
    }
    // Those that are to die at a commit are relieved by some that are not: there must be an end.
    for (const worker of workers) worker.kill('SIGKILL')
    await Promise.all(workers.map((worker) => worker.exited))
    workers = await Promise.all(workers.map(() => spawn()))
    return await check(server, client, instances, fates.length + count)
  } finally {
    for (const worker of workers) worker.kill('SIGKILL')
    await Promise.all(workers.map((worker) => worker.exited))
    await store.close()
    await server.stop()
  }
}

async function check(
  { sql }: ChaosServer,
  client: ReturnType<typeof createEngine>,
  instances: number,
  incidents: number,
): Promise<ChaosResult> {
  const broken: string[] = []
  const wanted: Record<string, unknown> = {}
  for (let index = 0; index < instances; index++) Object.assign(wanted, expectedResults(`${index}`))
  // A turn that three kills hit in a row is left alone until somebody asks for another try.
  let asking = true
  const ask = async () => {
    for (; asking; await Bun.sleep(250))
      for (const { path } of await client.store.list({ status: ['quarantined'] })) await client.process(path).retry()
  }
  const asked = ask()
  for (const [path, result] of Object.entries(wanted)) {
    while ((await client.store.find(path)) === undefined) await Bun.sleep(100)
    const found = await client.process(path).result.then(null, (error: unknown) => `threw ${String(error)}`)
    if (!Bun.deepEquals(found, result)) broken.push(`${path} gave ${JSON.stringify(found)}`)
  }
  asking = false
  await asked
  const rows = await sql.query<{ key: string; text: string; count: number; first: number }>(
    `select key, text, count(*)::int4 as count, extract(epoch from min(at))::float8 as first from ledger.effect group by 1, 2`,
  )
  const keys = new Set(rows.map(({ key }) => key))
  if (keys.size < rows.length) broken.push(`${rows.length - keys.size} keys had several arguments`)
  const texts = new Map(rows.map((row) => [row.text.replace(/ at random .*/, ''), row]))
  if (texts.size < rows.length) broken.push(`${rows.length - texts.size} effects ran under several keys`)
  for (const { key, count } of rows) if (count > 1 + incidents) broken.push(`the effect ${key} ran ${count} times`)
  for (const [text, { first }] of texts) {
    const [, id, step] = /^(\d+) step (\d+)$/.exec(text) ?? []
    const before = texts.get(`${id} step ${Number(step) - 1}`)
    // After step n the chain waits for n seconds.
    if (before !== undefined && first - before.first < Number(step) - 1) broken.push(`'${text}' came too early`)
  }
  // How often the impatient one ticks depends on how long things take.
  const effects = rows.filter(({ text }) => !text.includes(' tick ')).length
  return { broken, effects, again: rows.filter(({ count }) => count > 1).length }
}
