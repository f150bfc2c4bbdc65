/** Locks: who may write, what the end of a block does, waiting, circles. A part of the repository contract. */
import { describe, expect } from 'bun:test'
import { runInCell } from '../../cell/run-in-cell.ts'
import { transaction } from '../../cell/transaction.ts'
import { DeadlockError, LockTimeoutError } from '../../lock/errors.ts'
import { isPersistent } from '../../type-state/guard.ts'
import type { Locked, Persistent } from '../../type-state/state.ts'
import { Account } from '../contract-models.ts'
import { LockReleasedError, NotLockedError, UniqueViolationError, UnsavedChangesError } from '../errors.ts'
import type { ContractBench } from './bench.ts'

export function locksContract({ within, newAccount, balanceOf, unique }: ContractBench): void {
  describe('locks', () => {
    within('a lock on what could not be saved ends with its block, and says so', async ({ specimens }) => {
      const stored = await specimens.insert({ label: unique('wrong'), address: { city: 'Oslo' } })
      const changed = async (save: boolean) => {
        await using locked = await specimens.lock(stored)
        Object.assign(locked!.address as object, { city: 5 })
        if (save) await expect(specimens.save(locked!)).rejects.toThrow('address.city must be text')
      }
      await expect(changed(false)).rejects.toBeInstanceOf(UnsavedChangesError)
      await expect(changed(true)).rejects.toBeInstanceOf(UnsavedChangesError)
      await runInCell({ name: 'next' }, async () => {
        await using again = await specimens.lock(stored, { timeout: 500 })
        expect(again?.address?.city).toBe('Oslo')
      })
    })

    within('a wait may be as long as anybody likes, and is a number of milliseconds', async ({ accounts }) => {
      const account = await newAccount(1)
      for (const timeout of [Infinity, 1e15, 0.5]) {
        await using locked = await accounts.lock(account, { timeout })
        expect(locked?.balance).toBe(1)
        await transaction(async () => accounts.updateWhere(Account.fields.owner.eq(account.owner), { note: 'x' }), {
          patience: timeout,
        })
      }
      for (const timeout of [-1, Number.NaN, '5' as never]) {
        await expect(accounts.lock(account, { timeout })).rejects.toThrow('must be milliseconds from 0')
        await expect(transaction(async () => {}, { patience: timeout })).rejects.toThrow('must be milliseconds from 0')
      }
    })

    within('lock, change, save', async ({ accounts }) => {
      const account = await newAccount(10)
      {
        await using locked = await accounts.lock(account)
        locked?.deposit(0.1 + 0.2)
        await accounts.save(locked!)
      }
      expect(await balanceOf(account)).toBe(10.3)
    })

    within('the entity is read under the lock, whatever the caller holds', async ({ accounts }) => {
      const stale = await newAccount(1)
      await accounts.updateWhere({ owner: stale.owner }, { balance: 2 })
      await using locked = await accounts.lock(stale)
      expect(locked?.balance).toBe(2)
    })

    within('two holders one after the other lose no update', async ({ accounts }) => {
      const account = await newAccount()
      const add = () =>
        transaction(async () => {
          await using locked = await accounts.lock(account)
          locked!.balance += 1
          await accounts.save(locked!)
        })
      await Promise.all(Array.from({ length: 20 }, add))
      expect(await balanceOf(account)).toBe(20)
    })

    within('locking again in the same unit of work gives the same instance', async ({ accounts }) => {
      const account = await newAccount()
      await using outer = await accounts.lock(account)
      outer!.balance = 5
      {
        await using inner = await accounts.lock(account)
        expect(inner).toBe(outer!)
        await accounts.save(inner!)
      }
      outer!.balance = 6
      await accounts.save(outer!)
      expect(await accounts.get(account)).toBe(outer as unknown as Persistent<Account>)
    })

    within('a locked entity is no use after its block', async ({ accounts }) => {
      const account = await newAccount()
      let kept: Locked<Account> | null = null
      {
        await using locked = await accounts.lock(account)
        kept = locked
      }
      expect(() => kept!.balance).toThrow(LockReleasedError)
      await expect(accounts.save(kept!)).rejects.toBeInstanceOf(LockReleasedError)
      await expect(accounts.delete(kept!)).rejects.toBeInstanceOf(LockReleasedError)
    })

    within('unsaved changes are refused at the end of the block; what was saved stays', async ({ accounts }) => {
      const account = await newAccount()
      const run = async () => {
        await using locked = await accounts.lock(account)
        locked!.balance = 1
        await accounts.save(locked!)
        locked!.note = 'forgotten'
      }
      await expect(run()).rejects.toBeInstanceOf(UnsavedChangesError)
      await run().catch(() => {})
      expect(await balanceOf(account)).toBe(1)
    })

    within('only what this unit of work has locked can be changed', async ({ accounts }) => {
      const account = await newAccount()
      const forged = account as unknown as Locked<Account>
      await expect(accounts.save(forged)).rejects.toBeInstanceOf(NotLockedError)
      await expect(accounts.update(forged, { balance: 1 })).rejects.toBeInstanceOf(NotLockedError)
      await expect(accounts.delete(forged)).rejects.toBeInstanceOf(NotLockedError)
      await using locked = await accounts.lock(account)
      const spread = { ...locked } as unknown as Locked<Account>
      await expect(accounts.save(spread)).rejects.toBeInstanceOf(NotLockedError)
      const elsewhere = runInCell({ name: 'elsewhere' }, () => accounts.update(locked!, { balance: 1 }))
      await expect(elsewhere).rejects.toBeInstanceOf(NotLockedError)
      await elsewhere.catch(() => {})
    })

    within('a lock taken in a helper is saved by its caller', async ({ accounts }) => {
      const account = await newAccount()
      const helper = async () => {
        const locked = await accounts.lock(account)
        locked!.balance = 7
        return { locked: locked! }
      }
      {
        const { locked } = await helper()
        await using held = locked
        await accounts.save(held)
      }
      expect(await balanceOf(account)).toBe(7)
    })

    within('a save that is returned without await is waited for by the end of the lock', async ({ accounts }) => {
      const account = await newAccount(1)
      const add = async (amount: number) => {
        await using locked = await accounts.lock(account)
        return accounts.update(locked!, { balance: locked!.balance + amount })
      }
      expect((await add(2)).balance).toBe(3)
      expect(await balanceOf(account)).toBe(3)
      const addPlain = async () => {
        using locked = await accounts.lock(account)
        return accounts.update(locked!, { balance: locked!.balance + 1 })
      }
      expect((await addPlain()).balance).toBe(4)
      expect(await balanceOf(account)).toBe(4)
    })

    within('its failure is the one that is seen', async ({ accounts }) => {
      const [account, other] = [await newAccount(1), await newAccount(2)]
      const rename = async () => {
        await using locked = await accounts.lock(account)
        return accounts.update(locked!, { owner: other.owner })
      }
      expect(await rename().catch((error: unknown) => error)).toBeInstanceOf(UniqueViolationError)
      const saveRenamed = async () => {
        await using locked = await accounts.lock(account)
        locked!.owner = other.owner
        return accounts.save(locked!)
      }
      expect(await saveRenamed().catch((error: unknown) => error)).toBeInstanceOf(UniqueViolationError)
      expect((await accounts.get(account))?.owner).toBe(account.owner)
    })

    within('what save gives outlives the lock', async ({ accounts }) => {
      const account = await newAccount()
      const change = async (balance: number) => {
        await using locked = await accounts.lock(account)
        locked!.balance = balance
        return await accounts.save(locked!)
      }
      const saved = await change(3)
      expect(isPersistent(saved)).toBe(true)
      expect(saved).toEqual((await accounts.get(account)) as typeof saved)
      expect((await change(3)).balance).toBe(3)
    })

    within('plain `using` commits before anything else happens', async ({ accounts }) => {
      const account = await newAccount()
      {
        using locked = await accounts.lock(account)
        await accounts.update(locked!, { balance: 3 })
      }
      expect(await balanceOf(account)).toBe(3)
      expect(await runInCell({ name: 'other' }, () => balanceOf(account))).toBe(3)
    })

    within('waiting ends in LockTimeoutError that names entity and holder', async ({ accounts }) => {
      const account = await newAccount()
      await using held = await accounts.lock(account)
      const waiting = runInCell({ name: 'waiter' }, () => accounts.lock(account, { timeout: 20 }))
      const error = await waiting.catch((failure: unknown) => failure)
      expect(error).toBeInstanceOf(LockTimeoutError)
      expect((error as LockTimeoutError).message).toContain(`ContractAccount(${Account.ref(account).identifier})`)
      expect((error as LockTimeoutError).holder?.cell).toBe('app.run')
      expect((error as LockTimeoutError).holder?.line).toContain('contract')
      expect(held).not.toBeNull()
    })

    within('lists of locks and bulk writes take one order, however they are asked for', async ({ accounts }) => {
      const stored = await Promise.all(Array.from({ length: 8 }, () => newAccount(1)))
      const owners = Account.fields.owner.in(stored.map(({ owner }) => owner))
      const turns = Array.from({ length: 12 }, (_, turn) =>
        transaction(async () => {
          if (turn % 3 === 0) return void (await accounts.updateWhere(owners, { balance: turn }))
          await using locks = await accounts.lockAll(turn % 3 === 1 ? stored : stored.toReversed(), { timeout: 20_000 })
          for (const locked of locks) await accounts.update(locked!, { balance: turn })
        }),
      )
      const ends = await Promise.allSettled(turns)
      expect(ends.filter((end) => end.status === 'rejected')).toEqual([])
      expect(new Set((await accounts.find(owners)).map(({ balance }) => balance)).size).toBe(1)
    })

    within('a circle is refused at once, naming both', async ({ accounts }) => {
      const [a, b] = [await newAccount(), await newAccount()]
      const bothHold = Promise.withResolvers<void>()
      let holding = 0
      const take = (first: Persistent<Account>, second: Persistent<Account>) =>
        transaction(
          async () => {
            await using one = await accounts.lock(first)
            if ((holding += 1) === 2) bothHold.resolve()
            await bothHold.promise
            await using other = await accounts.lock(second)
            return one !== null && other !== null
          },
          { patience: 60_000 },
        )
      const results = await Promise.allSettled([take(a, b), take(b, a)])
      const failed = results.filter((result) => result.status === 'rejected')
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
      expect(failed).toHaveLength(1)
      const error = failed[0]?.reason as DeadlockError
      expect(error).toBeInstanceOf(DeadlockError)
      expect(error.held).toContain('ContractAccount(')
      expect(error.wanted).toContain('ContractAccount(')
      expect(error.held).not.toBe(error.wanted)
    })

    within(
      'lockAll takes them in one order, answers in the asked one, and is disposed as one',
      async ({ accounts }) => {
        const [a, b] = [await newAccount(), await newAccount()]
        const both = async (first: Persistent<Account>, second: Persistent<Account>) =>
          runInCell({ name: 'both' }, async () => {
            await using locked = await accounts.lockAll([first, second])
            expect(locked[0]?.owner).toBe(first.owner)
            for (const each of locked) await accounts.update(each!, { balance: each!.balance + 1 })
          })
        await Promise.all([both(a, b), both(b, a), both(a, b), both(b, a)])
        expect([await balanceOf(a), await balanceOf(b)]).toEqual([4, 4])
      },
    )
  })

  describe('locks without `using`', () => {
    within('end with their cell: what was saved is committed, what was not is refused', async ({ accounts }) => {
      const account = await newAccount()
      await runInCell({ name: 'careless' }, async () => {
        const locked = await accounts.lock(account)
        await accounts.update(locked!, { balance: 1 })
      })
      expect(await balanceOf(account)).toBe(1)
      const careless = runInCell({ name: 'careless' }, async () => {
        const locked = await accounts.lock(account)
        locked!.balance = 2
      })
      await expect(careless).rejects.toBeInstanceOf(UnsavedChangesError)
      await careless.catch(() => {})
      expect(await balanceOf(account)).toBe(1)
    })
  })
}
