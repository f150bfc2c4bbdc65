/** What has to hold after the chaos, asked of the engine's store, the ledger and the books. */
import type { Engine } from '@justscale/engine'
import type { SqlDatabase } from '@justscale/engine/sql'
import { brokenBooks } from './shop.ts'

export interface ChaosResult {
  /** Broken invariants, in words; empty when all held. */
  readonly broken: readonly string[]
  /** How many different ones there were; the same for every run of as many instances. */
  readonly effects: number
  /** Effects that happened more than once, which only a crash explains. */
  readonly again: number
}

export interface Expected {
  /** What each process gives, by path. */
  readonly results: Readonly<Record<string, unknown>>
  readonly saver: number
  readonly crowd: number
  /** How often something befell a worker. */
  readonly incidents: number
  /** Milliseconds without one more process at its end, after which those that are left count as lost. */
  readonly patience: number
}

export async function check(sql: SqlDatabase, client: Engine, expected: Expected): Promise<ChaosResult> {
  const broken = [...(await brokenResults(client, expected)), ...(await brokenBooks(sql, expected))]
  const rows = await sql.query<{ key: string; text: string; count: number; first: number }>(
    `select key, text, count(*)::int4 as count, extract(epoch from min(at))::float8 as first from ledger.effect group by 1, 2`,
  )
  const keys = new Set(rows.map(({ key }) => key))
  if (keys.size < rows.length) broken.push(`${rows.length - keys.size} keys had several arguments`)
  const texts = new Map(rows.map((row) => [row.text.replace(/ at random .*/, ''), row]))
  if (texts.size < rows.length) broken.push(`${rows.length - texts.size} effects ran under several keys`)
  for (const { key, count } of rows)
    if (count > 1 + expected.incidents) broken.push(`the effect ${key} ran ${count} times`)
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

async function brokenResults(client: Engine, { results, patience }: Expected): Promise<readonly string[]> {
  const broken: string[] = []
  for (const [path, result] of Object.entries(results)) {
    const ended = (async () => {
      while ((await client.store.find(path)) === undefined) await Bun.sleep(100)
      return await client.process(path).result
    })()
    const found = await Promise.race([
      ended.catch((error: unknown) => `threw ${String(error)}`),
      Bun.sleep(patience).then(() => lost),
    ])
    if (found === lost) broken.push(`${path} did not end`)
    else if (!Bun.deepEquals(found, result)) broken.push(`${path} gave ${JSON.stringify(found)}`)
  }
  return broken
}

const lost = Symbol('lost')

/** A turn that three kills hit in a row is left alone until somebody asks for another try: somebody does. Ends with `signal`. */
export async function askAgain(client: Engine, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const found = await client.store.list({ status: ['quarantined'] }).catch(() => [])
    for (const { path } of found)
      await client
        .process(path)
        .retry()
        .catch(() => false)
    await Bun.sleep(250)
  }
}
