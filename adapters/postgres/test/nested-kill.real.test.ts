/** Connections that die inside nested transactions: what their end is told, and that nothing of the whole unit is stored. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { afterCommit, transaction } from '@justscale/core'
import { requireCell, TransactionLostError } from '@justscale/core/cell'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { openPostgres, type SqlDatabase } from '@justscale/engine/sql'
import { startShop, type Shop } from './shop.ts'

describe('a connection that is killed inside a nested transaction', () => {
  let database: TestDatabase
  let shop: Shop
  let outside: SqlDatabase
  let counter = 0

  beforeAll(async () => {
    database = await testDatabase()
    shop = await startShop(database.url)
    outside = openPostgres(database.url, { applicationName: 'outside' })
  }, 120_000)
  afterAll(async () => {
    await outside.close()
    await shop.app.stop()
    await database.drop()
  })

  const newPurse = () => shop.app.run(() => shop.purses.insert({ owner: `owner ${(counter += 1)}`, balance: 1 }))
  const balanceOf = async (purse: Awaited<ReturnType<typeof newPurse>>) =>
    (await shop.app.run(() => shop.purses.get(purse)))?.balance

  const backend = async () => {
    const joined = await requireCell('the test').join(
      () => true,
      async (open) =>
        open.kind === 'sql' ? (await open.sql.query('select pg_backend_pid() as pid'))[0]?.pid : undefined,
    )
    return joined?.result as number
  }
  const terminate = async (pid: number) => {
    await outside.query('select pg_terminate_backend($1::integer)', [pid])
    const alive = 'select 1 from pg_stat_activity where pid = $1::integer'
    while ((await outside.query(alive, [pid])).length > 0);
  }
  /** Kills the connection of the transaction around the caller. */
  const kill = async () => terminate(await backend())

  const add = async (purse: Awaited<ReturnType<typeof newPurse>>, amount: number) => {
    await using locked = await shop.purses.lock(purse)
    if (!locked) throw new Error('gone')
    await shop.purses.update(locked, { balance: locked.balance + amount })
  }

  /** Each gets two purses that hold 1, and does all of it inside `transaction(...)`. */
  const moments: Record<string, (one: Awaited<ReturnType<typeof newPurse>>, two: typeof one) => Promise<void>> = {
    'before the nested one writes': async (one, two) => {
      await add(one, 10)
      await transaction(async () => {
        await kill()
        await add(two, 10)
      })
    },
    'after the nested one wrote, and its failure is caught': async (one, two) => {
      await add(one, 10)
      const nested = transaction(async () => {
        await add(two, 10)
        await kill()
        await add(one, 10)
      })
      expect(await nested.catch((error: unknown) => error)).toBeInstanceOf(TransactionLostError)
    },
    'when the nested one has ended': async (one, two) => {
      await transaction(() => add(one, 10))
      await kill()
      await transaction(() => add(two, 10)).catch(() => {})
    },
    'when the nested one throws something else': async (one, two) => {
      await add(one, 10)
      const nested = transaction(async () => {
        await add(two, 10)
        await kill()
        throw new Error('something else')
      })
      expect(String(await nested.catch((error: unknown) => error))).toContain('something else')
    },
    'two levels down': async (one, two) => {
      await add(one, 10)
      await transaction(async () => {
        await add(two, 10)
        await transaction(async () => {
          await add(one, 10)
          await kill()
        }).catch(() => {})
      }).catch(() => {})
    },
    'in one of two branches': async (one, two) => {
      await Promise.allSettled([
        transaction(async () => {
          await add(one, 10)
          await kill()
        }),
        transaction(() => add(two, 10)),
      ])
    },
  }

  test.each(Object.entries(moments))('%s: nothing is stored, and the outer one is told', async (_, body) => {
    const [one, two] = [await newPurse(), await newPurse()]
    const told: string[] = []
    const unit = shop.app.run(() =>
      transaction(async () => {
        afterCommit(() => told.push('committed'))
        await body(one, two)
      }),
    )
    const failure = await unit.catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(TransactionLostError)
    expect((failure as TransactionLostError).committed).toBe('no')
    expect([await balanceOf(one), await balanceOf(two), ...told]).toEqual([1, 1])
    // Its locks went with it: the next one waits for nobody.
    await shop.app.run(() => transaction(async () => void (await Promise.all([add(one, 1), add(two, 1)]))))
    expect([await balanceOf(one), await balanceOf(two)]).toEqual([2, 2])
  })

  test('while it waits for a lock: the wait ends, and the lock that it waited for stays with its holder', async () => {
    const [one, two] = [await newPurse(), await newPurse()]
    const [held, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const holder = shop.app.run(async () => {
      await using locked = await shop.purses.lock(two)
      held.resolve()
      await over.promise
      await shop.purses.update(locked!, { balance: 5 })
    })
    await held.promise
    const waiter = shop.app.run(() =>
      transaction(async () => {
        await add(one, 10)
        const pid = await backend()
        const waiting = transaction(() => add(two, 10)).catch((error: unknown) => error)
        const blocked = 'select 1 from pg_stat_activity where pid = $1::integer and wait_event_type = $2::text'
        while ((await outside.query(blocked, [pid, 'Lock'])).length === 0);
        await terminate(pid)
        expect(await waiting).toBeInstanceOf(TransactionLostError)
      }),
    )
    expect(await waiter.catch((error: unknown) => error)).toBeInstanceOf(TransactionLostError)
    over.resolve()
    await holder
    expect([await balanceOf(one), await balanceOf(two)]).toEqual([1, 5])
  })

  test('does not keep other units of work from theirs', async () => {
    const [purse, other] = [await newPurse(), await newPurse()]
    const lost = shop.app.run(() => transaction(() => transaction(() => add(purse, 1).then(kill))))
    const fine = Array.from({ length: 20 }, () =>
      shop.app.run(() => transaction(() => transaction(() => add(other, 1)))),
    )
    expect(await lost.catch((error: unknown) => error)).toBeInstanceOf(TransactionLostError)
    await Promise.all(fine)
    expect([await balanceOf(purse), await balanceOf(other)]).toEqual([1, 21])
  })
})
