/**
 * What a repository costs: CPU of this process per operation, against hand-written queries on the same driver and against
 * drizzle-orm. `bun run bench repository`. All sides take turns of a few operations in one process, on one embedded
 * database without fsync, one operation at a time; the figure is the mean of the turns without the slowest and quickest
 * tenth. Wall time on a shared machine says little, and so does a figure of one side alone. drizzle-orm is installed into
 * `bench/optional` at the first run; without a network it is left out. Traps: the first turns compile and are left out;
 * a server that plans again for each query keeps the client waiting, and waiting costs CPU too.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { testDatabase } from '@justscale/engine/embedded'
import { handWritten, pipelined } from './sides/hand-written.ts'
import { ours } from './sides/ours.ts'
import type { Operation, Side } from './sides/side.ts'

const TURN = 40
const turns = Number(process.env.BENCH_TURNS ?? 150)
const operations: readonly Operation[] = ['get', 'find', 'insert', 'lockAndSave']

const database = await testDatabase()
const at = Temporal.Now.instant().round('microsecond')
await ours(database.url, at, async (mine, key) => {
  const sides: Record<string, Partial<Side> & Pick<Side, 'end'>> = {
    ours: mine,
    'hand-written': await handWritten(database.url, key, at),
    pipelined: await pipelined(database.url, key),
  }
  if (await installed()) {
    const { drizzleSide } = await import('./optional/drizzle.ts')
    sides['drizzle-orm'] = await drizzleSide(database.url, key, at)
  }
  const rows = []
  for (const operation of operations) {
    const spent = new Map<string, number[]>()
    for (let turn = 0; turn < turns; turn += 1) {
      for (const [name, side] of Object.entries(sides)) {
        const work = side[operation]
        if (work === undefined) continue
        const cpu = await cpuOf(work)
        if (turn >= turns / 3) spent.set(name, [...(spent.get(name) ?? []), cpu])
      }
    }
    const mean = (name: string) => trimmedMean(spent.get(name) ?? [])
    rows.push({
      operation,
      ...Object.fromEntries([...spent.keys()].map((name) => [`${name}, us`, Math.round(mean(name))])),
      'to hand-written': (mean('ours') / mean('hand-written')).toFixed(2),
      ...(sides['drizzle-orm'] && { 'to drizzle-orm': (mean('ours') / mean('drizzle-orm')).toFixed(2) }),
    })
  }
  console.log(Bun.inspect.table(rows))
  for (const side of Object.values(sides)) await side.end()
})
await database.drop()

/** Microseconds of CPU per call. */
async function cpuOf(operation: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (let count = 0; count < TURN; count += 1) await operation()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / TURN
}

function trimmedMean(values: readonly number[]): number {
  const cut = Math.floor(values.length / 10)
  const kept = values.toSorted((one, other) => one - other).slice(cut, values.length - cut)
  return kept.reduce((sum, value) => sum + value, 0) / kept.length
}

async function installed(): Promise<boolean> {
  const cwd = join(import.meta.dir, 'optional')
  if (existsSync(join(cwd, 'node_modules'))) return true
  const command = [process.execPath, 'install', '--frozen-lockfile']
  const install = Bun.spawn(command, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  if ((await install.exited) === 0) return true
  console.log(`drizzle-orm is left out: ${(await new Response(install.stderr).text()).trim()}`)
  return false
}
