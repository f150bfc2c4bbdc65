/** What rule 2 promises on many nodes, while they are killed, starved and deadlocked. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { DeadlockError, LockTimeoutError, transaction, UniqueViolationError } from '@justscale/core'
import { TransactionLostError } from '@justscale/core/cell'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { openPostgres } from '@justscale/engine/sql'
import { Purse, startShop, type Shop } from './shop.ts'

const LONG = 120_000

describe('locks on Postgres', () => {
  let database: TestDatabase
  let shop: Shop
  let counter = 0

  beforeAll(async () => {
    database = await testDatabase()
    shop = await startShop(database.url)
  }, LONG)
  afterAll(async () => {
    await shop.app.stop()
    await database.drop()
  })

  const newPurses = (count: number, balance = 0) =>
    shop.app.run(() =>
      shop.purses.insertMany(Array.from({ length: count }, () => ({ owner: `owner ${(counter += 1)}`, balance }))),
    )
  const keysOf = (purses: readonly Awaited<ReturnType<typeof newPurses>>[number][]) =>
    purses.map((purse) => Purse.ref(purse).identifier)
  const total = async (keys: readonly string[]) => {
    const found = await shop.app.run(() => shop.purses.getMany(keys.map((key) => Purse.ref(key))))
    return found.reduce((sum, purse) => sum + (purse?.balance ?? 0), 0)
  }

  test(
    'workers in OS processes of their own lose no increment, though some are killed',
    async () => {
      const [counterKey = ''] = keysOf(await newPurses(1))
      const [workers, times] = [4, 60]
      const spawn = (worker: number) =>
        Bun.spawn(
          [
            process.execPath,
            `${import.meta.dir}/increment-worker.ts`,
            database.url,
            counterKey,
            `${times}`,
            `worker ${worker}`,
          ],
          {
            stdio: ['ignore', 'ignore', 'inherit'],
          },
        )
      const work = async (worker: number) => {
        const first = spawn(worker)
        if (worker % 2 === 0) {
          // Killed somewhere in the middle of its work: as soon as its tally shows that it has begun.
          await tallyReaches(worker, times / 4)
          first.kill(9)
          await first.exited
          await spawn(worker).exited
        } else await first.exited
      }
      const tallyReaches = async (worker: number, least: number) => {
        for (;;) {
          const purse = await shop.app.run(() => shop.purses.findOne({ owner: `worker ${worker}` }))
          if ((purse?.balance ?? 0) >= least) return
        }
      }
      await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
      expect(await total([counterKey])).toBe(workers * times)
    },
    LONG,
  )

  test(
    'transfers keep the sum under random throws, caught violations and killed connections',
    async () => {
      const keys = keysOf(await newPurses(6, 100))
      const killer = openPostgres(database.url, { applicationName: 'killer' })
      let kills = 0
      let stop = false
      const killing = (async () => {
        while (!stop) {
          const rows = await killer.query(
            `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'killer'
             and state like '%transaction%' order by random() limit 1`,
          )
          kills += rows.length
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
      })()
      const random = lehmer(4711)
      const outcomes = { done: 0, refused: 0, lost: 0, thrown: 0 }
      const transfer = async (number: number) => {
        const [from = '', to = ''] = [keys[random(keys.length)], keys[random(keys.length)]]
        const amount = random(10)
        const fail = random(4) === 0
        try {
          await shop.app.run(() =>
            transaction(async () => {
              await using locked = await shop.purses.lockAll([Purse.ref(from), Purse.ref(to)])
              const [source, target] = locked
              await shop.purses.update(source!, { balance: source!.balance - amount })
              const twin = await shop.purses.insert({ owner: 'owner 1' }).catch((error: unknown) => error)
              if (!(twin instanceof UniqueViolationError)) throw twin
              await shop.purses.update(target!, { balance: target!.balance + amount })
              if (fail) throw new Error(`thrown by ${number}`)
            }),
          )
          outcomes.done += 1
        } catch (error) {
          if (error instanceof LockTimeoutError || error instanceof DeadlockError) outcomes.refused += 1
          else if (error instanceof TransactionLostError) outcomes.lost += 1
          else if (error instanceof Error && error.message.startsWith('thrown by')) outcomes.thrown += 1
          else throw error
        }
      }
      const workers = Array.from({ length: 12 }, async (_, worker) => {
        for (let round = 0; round < 40; round += 1) await transfer(worker * 100 + round)
      })
      await Promise.all(workers)
      stop = true
      await killing
      await killer.close()
      expect(outcomes.done + outcomes.refused + outcomes.lost + outcomes.thrown).toBe(480)
      expect(outcomes.done).toBeGreaterThan(0)
      expect(kills).toBeGreaterThan(0)
      expect(await total(keys)).toBe(600)
    },
    LONG,
  )

  test(
    '500 handlers that take two locks each on ten connections: all end, none hangs',
    async () => {
      const keys = keysOf(await newPurses(40))
      const random = lehmer(99)
      const pick = () => (random(5) === 0 ? (keys[0] as string) : (keys[random(keys.length)] as string))
      const results = await Promise.all(
        Array.from({ length: 500 }, async () => {
          const [first, second] = [pick(), pick()]
          try {
            await shop.app.run(async () => {
              await using one = await shop.purses.lock(Purse.ref(first), { timeout: LONG })
              await using two = await shop.purses.lock(Purse.ref(second), { timeout: LONG })
              await shop.purses.update(one!, { balance: one!.balance + 1 })
              await shop.purses.update(two!, { balance: two!.balance + 1 })
            })
            return 'done'
          } catch (error) {
            if (error instanceof DeadlockError) return 'deadlock'
            throw error
          }
        }),
      )
      const done = results.filter((result) => result === 'done').length
      expect(results).toHaveLength(500)
      expect(done).toBeGreaterThan(0)
      // A handler that failed at its second lock had changed nothing; the others changed two.
      expect(await total(keys)).toBe(done * 2)
    },
    LONG,
  )

  test(
    'waiting for the first lock holds no connection',
    async () => {
      const [hot = '', cold = ''] = keysOf(await newPurses(2))
      const holding = Promise.withResolvers<void>()
      const release = Promise.withResolvers<void>()
      const holder = shop.app.run(async () => {
        await using locked = await shop.purses.lock(Purse.ref(hot))
        holding.resolve()
        await release.promise
        return locked !== null
      })
      await holding.promise
      const waiters = Array.from({ length: 30 }, () =>
        shop.app.run(async () => {
          await using locked = await shop.purses.lock(Purse.ref(hot), { timeout: LONG })
          return locked !== null
        }),
      )
      await shop.app.run(async () => {
        await using locked = await shop.purses.lock(Purse.ref(cold))
        expect(locked).not.toBeNull()
      })
      release.resolve()
      expect(await Promise.all([holder, ...waiters])).not.toContain(false)
    },
    LONG,
  )

  test(
    'a deadlock between two nodes ends in DeadlockError for one of them',
    async () => {
      const other = await startShop(database.url)
      const [a = '', b = ''] = keysOf(await newPurses(2))
      const ready = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const take = (node: Shop, first: string, second: string, mine: number) =>
        node.app.run(async () => {
          await using one = await node.purses.lock(Purse.ref(first))
          ready[mine]!.resolve()
          await ready[1 - mine]!.promise
          await using two = await node.purses.lock(Purse.ref(second), { timeout: LONG })
          return one !== null && two !== null
        })
      const results = await Promise.allSettled([take(shop, a, b, 0), take(other, b, a, 1)])
      const failed = results.filter((result) => result.status === 'rejected')
      expect(failed).toHaveLength(1)
      expect(failed[0]?.reason).toBeInstanceOf(DeadlockError)
      await other.app.stop()
    },
    LONG,
  )
})

/** A small generator of whole numbers below a limit, the same in every run. */
function lehmer(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
}
