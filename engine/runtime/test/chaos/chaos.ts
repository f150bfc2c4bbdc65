/**
 * OS processes run the workload on a Postgres of their own while things befall them and it. Afterwards every process has
 * its known result, the ledger, which the engine knows nothing of, holds each effect under one key with one argument, and what
 * steps wrote in their transactions is there once.
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
import { chaosServer } from './chaos-server.ts'
import { askAgain, check, type ChaosResult } from './invariants.ts'
import type { PlantName } from './plants.ts'
import { crowd, saver, shopSchema } from './shop.ts'

export type Fate = 'kill' | 'leave' | 'freeze' | 'terminate' | 'restart' | 'outage' | 'die at a commit'

/** What is started, with what each gives beside what `expectedResults` says. */
const started = {
  adder: [adder, []],
  burst: [burst, []],
  chain: [chain, []],
  fan: [fanOut, []],
  family: [family, []],
  counter: [counter, []],
  impatient: [impatient, []],
  saver: [saver, [['saver', 21]]],
  crowd: [crowd, [['crowd', 'deposited']]],
} as const

export type Part = keyof typeof started

export interface ChaosOptions {
  /** OS processes at once. */
  readonly workers: number
  /**
   * What happens, one after the other. `every commit`: each worker dies at its first commit, by turns before it, after its last
   * statement and after it, until everything has ended: every commit of the workload is died at.
   */
  readonly fates: readonly Fate[] | 'every commit'
  /** Of each process of the workload (default 3). */
  readonly instances?: number
  /** Of the workload only these. */
  readonly parts?: readonly Part[]
  /** Through PgBouncer in transaction mode. */
  readonly pooled?: boolean
  /** A fault in the workers. */
  readonly plant?: PlantName
  /** Milliseconds that a process may take to end after all that happened (default 120,000). */
  readonly patience?: number
}

/** Of one instance: fifteen of the burst, five of the chain, eight of the fan, three leaves, six of two counters together. */
export const EFFECTS = 37

/** Longer than a lease: others take over, and what the frozen one still writes when it wakes must be refused. */
const FROZEN = 5_000
/**
 * At a commit. `within`: what a step wrote and its checkpoint are sent, and not committed. Every second death is after one, so
 * that no three in a row are of one turn: its process would be quarantined.
 */
const MOMENTS = ['before', 'after', 'within', 'after']
/** Deaths after which a workload that should have come to its end has not. */
const MOST_DEATHS = 200

export async function chaos(options: ChaosOptions): Promise<ChaosResult & { readonly incidents: number }> {
  const { workers: count, fates, instances = 3, pooled, plant, patience = 120_000 } = options
  const parts = options.parts ?? (Object.keys(started) as Part[])
  const server = await chaosServer()
  for (const statement of shopSchema) await server.sql.query(statement)
  await server.sql.query(`create schema ledger`)
  await server.sql.query(`create table ledger.effect (id uuid primary key, key text not null, text text not null,
    at timestamptz not null default clock_timestamp())`)
  const url = pooled ? await server.pooled() : server.url
  const store = new PostgresStore({ url: server.url, sql: server.sql })
  const client = createEngine({ store, processes: [...workload, crowd, saver], report() {} })
  let commit = 0
  let incidents = 0
  const spawn = async (die = '') => {
    const worker = Bun.spawn([process.execPath, join(import.meta.dir, 'worker.ts'), url], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, DIE: die, PLANT: plant ?? '' },
    })
    for await (const chunk of worker.stdout) if (new TextDecoder().decode(chunk).includes('ready')) break
    return worker
  }
  /** When the next worker dies. */
  const next = () => {
    const moment = MOMENTS[commit % MOMENTS.length] ?? ''
    const at = (commit++ >> 1) + 1
    if (fates === 'every commit') return `1:${moment}`
    return fates.includes('die at a commit') ? `${at}:${moment}` : ''
  }
  let workers: Awaited<ReturnType<typeof spawn>>[] = []

  async function befall(fate: Fate): Promise<void> {
    incidents++
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

  const results: Record<string, unknown> = {}
  const asking = new AbortController()

  /** Replaces whoever has died until everything has ended. */
  async function dieAtEveryCommit(): Promise<void> {
    const isOver = async () => {
      for (const path of Object.keys(results)) if ((await store.find(path))?.outcome === undefined) return false
      return true
    }
    while (incidents < MOST_DEATHS && !(await isOver())) {
      const dead = workers.find((worker) => worker.signalCode !== null || worker.exitCode !== null)
      if (dead === undefined) {
        await Promise.race([...workers.map((worker) => worker.exited), Bun.sleep(100)])
        continue
      }
      incidents++
      workers = [...workers.filter((worker) => worker !== dead), await spawn(next())]
    }
  }

  try {
    await store.migrate()
    workers = await Promise.all(Array.from({ length: count }, () => spawn(next())))
    void askAgain(client, asking.signal)
    for (let index = 0; index < instances; index++) {
      const of = `${index}`
      for (const part of parts) {
        const [definition, gives] = started[part]
        await client.run(definition as Process<Record<string, string>, unknown>, { id: of, counter: of })
        for (const [name, result] of gives) results[`/${name}/${of}`] = result
        for (const [path, result] of Object.entries(expectedResults(of)))
          if (path.includes('/of-') ? part === 'adder' : path.startsWith(`/${part}/`)) results[path] = result
      }
    }
    const befalls = fates === 'every commit' ? [] : fates
    const rounds = parts.includes('counter') || parts.includes('impatient') ? 10 : 0
    for (let round = 0; round < Math.max(befalls.length, rounds); round++) {
      for (let index = 0; index < instances && round < rounds; index++)
        await client.emit(signals.added, { counter: `${index}`, amount: round + 1 })
      const fate = befalls[round]
      if (fate !== undefined) await befall(fate)
    }
    if (fates === 'every commit') await dieAtEveryCommit()
    // Those that are to die at a commit are relieved by some that are not: there must be an end.
    for (const worker of workers) worker.kill('SIGKILL')
    await Promise.all(workers.map((worker) => worker.exited))
    workers = await Promise.all(workers.map(() => spawn()))
    const of = (part: Part) => (parts.includes(part) ? instances : 0)
    const expected = { results, saver: of('saver'), crowd: of('crowd'), incidents: incidents + count, patience }
    return { ...(await check(server.sql, client, expected)), incidents }
  } finally {
    asking.abort()
    for (const worker of workers) worker.kill('SIGKILL')
    await Promise.all(workers.map((worker) => worker.exited))
    await store.close()
    await server.stop()
  }
}
