/**
 * Units of work while connections are killed: `bun adapters/postgres/test/connection-kill.soak.ts`, `SOAK_SECONDS` long
 * (default 20). Workers move money under locks and count what they were told; one connection dies every 50 ms. Afterwards the
 * sum is what it was, every acknowledged transfer is there, and nothing hangs.
 */
import { DeadlockError, LockTimeoutError, transaction } from '@justscale/core'
import { TransactionLostError } from '@justscale/core/cell'
import { testDatabase } from '@justscale/engine/embedded'
import { openPostgres } from '@justscale/engine/sql'
import { Purse, startShop } from './shop.ts'

const seconds = Number(process.env.SOAK_SECONDS ?? 20)
const database = await testDatabase()
const shop = await startShop(database.url)
const killer = openPostgres(database.url, { applicationName: 'killer' })
const purses = await shop.app.run(() =>
  shop.purses.insertMany(Array.from({ length: 50 }, (_, number) => ({ owner: `purse ${number}`, balance: 100 }))),
)
const keys = purses.map((purse) => Purse.ref(purse).identifier)
const tallies = new Map(keys.map((key) => [key, 0]))
const counts = { done: 0, refused: 0, lost: 0, unknown: 0, kills: 0, longest: 0 }
const end = performance.now() + seconds * 1_000

async function transfer(from: string, to: string): Promise<void> {
  const before = performance.now()
  try {
    await shop.app.run(() =>
      transaction(async () => {
        await using locked = await shop.purses.lockAll([Purse.ref(from), Purse.ref(to)])
        const [source, target] = locked
        await shop.purses.update(source!, { balance: source!.balance - 1 })
        await shop.purses.update(target!, { balance: target!.balance + 1 })
      }),
    )
    counts.done += 1
    tallies.set(from, (tallies.get(from) ?? 0) - 1)
    tallies.set(to, (tallies.get(to) ?? 0) + 1)
  } catch (error) {
    if (error instanceof TransactionLostError) counts[error.committed === 'no' ? 'lost' : 'unknown'] += 1
    else if (error instanceof LockTimeoutError || error instanceof DeadlockError) counts.refused += 1
    else throw error
  }
  counts.longest = Math.max(counts.longest, performance.now() - before)
}

async function work(worker: number): Promise<void> {
  for (let round = worker; performance.now() < end; round += 7) {
    const from = round % keys.length
    await transfer(keys[from]!, keys[(from + 1 + (round % 11)) % keys.length]!)
  }
}

async function kill(): Promise<void> {
  while (performance.now() < end) {
    const rows = await killer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name <> 'killer' order by random() limit 1`,
    )
    counts.kills += rows.length
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

await Promise.all([kill(), ...Array.from({ length: 48 }, (_, worker) => work(worker))])
const found = await shop.app.run(() => shop.purses.getMany(keys.map((key) => Purse.ref(key))))
const sum = found.reduce((total, purse) => total + (purse?.balance ?? 0), 0)
const wrong = keys.filter((key, index) => found[index]?.balance !== 100 + (tallies.get(key) ?? 0)).length
console.log(JSON.stringify({ ...counts, longest: Math.round(counts.longest), sum, wrong }))
await shop.app.stop()
await killer.close()
await database.drop()
// A transfer whose commit got no answer may have changed two purses that the tallies do not know of.
if (sum !== 5_000 || wrong > counts.unknown * 2) process.exit(1)
