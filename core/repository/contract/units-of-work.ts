/** What commits and what rolls back together. A part of the repository contract. */
import { describe, expect } from 'bun:test'
import { afterCommit } from '../../cell/after-commit.ts'
import { requireCell } from '../../cell/current-cell.ts'
import { CellClosedError } from '../../cell/errors.ts'
import { runInCell } from '../../cell/run-in-cell.ts'
import { transaction } from '../../cell/transaction.ts'
import { openCell } from '../../cell/open-cell.ts'
import { LockTimeoutError } from '../../lock/errors.ts'
import type { Persistent } from '../../type-state/state.ts'
import { Account } from '../contract-models.ts'
import { UniqueViolationError } from '../errors.ts'
import type { ContractBench } from './bench.ts'

export function unitsContract({ within, newAccount, balanceOf, unique }: ContractBench): void {
  describe('units of work', () => {
    within('two locked entities change together, and nobody sees one without the other', async ({ accounts }) => {
      const [a, b] = [await newAccount(10), await newAccount()]
      const done: string[] = []
      {
        await using from = await accounts.lock(a)
        await using to = await accounts.lock(b)
        await accounts.update(from!, { balance: from!.balance - 4 })
        afterCommit(() => done.push('committed'))
        expect(await runInCell({ name: 'outside' }, () => balanceOf(a))).toBe(10)
        await accounts.update(to!, { balance: to!.balance + 4 })
        expect(done).toEqual([])
      }
      expect(done).toEqual(['committed'])
      expect(await runInCell({ name: 'outside' }, () => Promise.all([balanceOf(a), balanceOf(b)]))).toEqual([6, 4])
    })

    within('transaction is all or nothing under a throw', async ({ accounts }) => {
      const account = await newAccount(1)
      const owner = unique('ghost')
      const run = transaction(async () => {
        await accounts.insert({ owner })
        await using locked = await accounts.lock(account)
        await accounts.update(locked!, { balance: 2 })
        throw new Error('changed my mind')
      })
      await expect(run).rejects.toThrow('changed my mind')
      await run.catch(() => {})
      expect(await balanceOf(account)).toBe(1)
      expect(await accounts.exists({ owner })).toBe(false)
    })

    within('a throw between two saves keeps what was saved, outside of transaction', async ({ accounts }) => {
      const account = await newAccount(1)
      const run = runInCell({ name: 'request' }, async () => {
        await using locked = await accounts.lock(account)
        await accounts.update(locked!, { balance: 2 })
        throw new Error('after the first save')
      })
      await expect(run).rejects.toThrow('after the first save')
      await run.catch(() => {})
      expect(await balanceOf(account)).toBe(2)
    })

    within('a caught violation does not poison the transaction', async ({ accounts }) => {
      const taken = await newAccount()
      const owner = unique('second')
      await transaction(async () => {
        const failure = await accounts.insert({ owner: taken.owner }).catch((error: unknown) => error)
        expect(failure).toBeInstanceOf(UniqueViolationError)
        expect((failure as UniqueViolationError).model).toBe('ContractAccount')
        expect((failure as UniqueViolationError).fields).toEqual(['owner'])
        await accounts.insert({ owner })
      })
      expect(await accounts.exists({ owner })).toBe(true)
    })

    within('what a nested transaction saved and undid is not taken for saved', async ({ accounts }) => {
      const account = await newAccount(1)
      await using locked = await accounts.lock(account)
      const failing = (change: () => void) =>
        transaction(async () => {
          change()
          await transaction(() => accounts.save(locked!))
          throw new Error('changed my mind')
        }).catch(() => {})
      locked!.balance = 10
      await failing(() => {})
      expect(locked!.balance).toBe(10)
      await accounts.save(locked!)
      expect(await balanceOf(account)).toBe(10)
      await failing(() => (locked!.balance += 5))
      expect(locked!.balance).toBe(10)
      await transaction(async () => {
        await accounts.delete(locked!)
        throw new Error('changed my mind')
      }).catch(() => {})
      await accounts.update(locked!, { balance: locked!.balance + 1 })
      expect(await balanceOf(account)).toBe(11)
    })

    within('what a bulk change or upsert writes reaches what is locked', async ({ accounts }) => {
      const { owner } = await accounts.insert({ owner: unique('held'), balance: 1 })
      await using locked = await accounts.lock((await accounts.findOne({ owner }))!)
      await accounts.updateWhere({ owner }, { balance: 77 })
      expect(locked!.balance).toBe(77)
      await accounts.update(locked!, { balance: 1 })
      await accounts.upsert({ owner, balance: 5 }, { by: ['owner'] })
      locked!.balance += 1
      await accounts.updateWhere({ owner }, { balance: 20 })
      await accounts.save(locked!)
      expect(await balanceOf(locked!)).toBe(6)
      await transaction(async () => {
        await accounts.updateWhere({ owner }, { balance: 30 })
        throw new Error('changed my mind')
      }).catch(() => {})
      expect(locked!.balance).toBe(6)
    })

    within('a call beside a lock that ends just then is not refused', async ({ accounts }) => {
      const account = await newAccount(0)
      const other = unique('nobody')
      const after = async (turns: number, call: () => Promise<unknown>) => {
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
        await call()
      }
      const change = async () => {
        await using locked = await accounts.lock(account)
        await accounts.update(locked!, { balance: 1 })
      }
      for (let turns = 0; turns < 60; turns += 1) {
        await Promise.all([
          change(),
          after(turns, () => accounts.get(account)),
          after(turns, () => accounts.updateWhere({ owner: other }, { balance: 2 })),
        ])
      }
    })

    within('a lock that is granted after its cell has ended is held by nobody', async ({ accounts }) => {
      const account = await newAccount(1)
      const held = await accounts.lock(account)
      let late: Promise<unknown> | undefined
      const ended = runInCell({ name: 'impatient' }, async () => {
        late = accounts.lock(account)
        late.catch(() => {})
        await Promise.resolve()
        throw new Error('changed my mind')
      })
      await expect(ended).rejects.toThrow('changed my mind')
      await held![Symbol.asyncDispose]()
      await expect(late!).rejects.toThrow()
      await runInCell({ name: 'next' }, async () => {
        await using again = await accounts.lock(account, { timeout: 500 })
        expect(again?.balance).toBe(1)
      })
    })

    within('a nested transaction that outlives the one around it is told that nothing is stored', async () => {
      const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      let branch: Promise<unknown> | undefined
      const outer = transaction(async () => {
        await newAccount()
        branch = transaction(async () => {
          await newAccount()
          begun.resolve()
          await over.promise
        })
        branch.catch(() => {})
        await begun.promise
        throw new Error('changed my mind')
      })
      await expect(outer).rejects.toThrow('changed my mind')
      over.resolve()
      await expect(branch!).rejects.toThrow('has ended')
    })

    within('a nested transaction undoes only its own part, in memory too', async ({ accounts }) => {
      const account = await newAccount(1)
      await transaction(async () => {
        await using locked = await accounts.lock(account)
        await accounts.update(locked!, { balance: 2 })
        const nested = transaction(async () => {
          await using again = await accounts.lock(account)
          await accounts.update(again!, { balance: 3 })
          throw new Error('undo')
        })
        await nested.catch(() => {})
        expect(locked!.balance).toBe(2)
        locked!.balance += 10
        await accounts.save(locked!)
      })
      expect(await balanceOf(account)).toBe(12)
    })

    within('parallel branches in transactions do not join each other', async ({ accounts }) => {
      const [a, b] = [await newAccount(), await newAccount()]
      const add = (account: Persistent<Account>, fail: boolean) =>
        transaction(async () => {
          await using locked = await accounts.lock(account)
          await accounts.update(locked!, { balance: 1 })
          if (fail) throw new Error('this branch only')
        })
      const results = await Promise.allSettled([add(a, true), add(b, false)])
      expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled'])
      expect([await balanceOf(a), await balanceOf(b)]).toEqual([0, 1])
    })

    within('a step is the outermost scope: nothing is seen or let go of before it closes', async ({ accounts }) => {
      const account = await newAccount()
      const step = openCell({ name: 'step' })
      await step.run(async () => {
        await using locked = await accounts.lock(account)
        await accounts.update(locked!, { balance: 9 })
      })
      expect(await balanceOf(account)).toBe(0)
      const waiting = runInCell({ name: 'waiter' }, () => accounts.lock(account, { timeout: 20 }))
      await expect(waiting).rejects.toBeInstanceOf(LockTimeoutError)
      await waiting.catch(() => {})
      expect(await step.close()).toBe('detached')
      expect(await balanceOf(account)).toBe(9)
    })

    within('what joins a nested transaction as its first write is undone with it', async ({ accounts }) => {
      const owner = unique('outer')
      await transaction(async () => {
        await accounts.insert({ owner })
        const told: string[] = []
        const nested = transaction(async () => {
          const cell = requireCell('the test')
          await cell.join(
            () => true,
            async (joined) => {
              if (joined.kind === 'memory') joined.onCommit(() => told.push('memory'))
              else await joined.sql.query(`select set_config('contract.told', 'nested', true)`)
              if (joined.kind === 'sql') joined.afterCommit?.(() => told.push('sql'))
            },
          )
          throw new Error('not this')
        })
        await nested.catch(() => {})
        await requireCell('the test').join(
          () => true,
          async (joined) => {
            if (joined.kind !== 'sql') return
            const [row] = await joined.sql.query(`select current_setting('contract.told', true) as told`)
            expect(row?.told || undefined).toBeUndefined()
          },
        )
        afterCommit(() => expect(told).toEqual([]))
      })
      expect(await accounts.exists({ owner })).toBe(true)
    })

    within('a lock that is waited for when its cell ends says that the cell has ended', async ({ accounts }) => {
      const account = await newAccount()
      await using held = await accounts.lock(account)
      expect(held).not.toBeNull()
      const other = await newAccount()
      const step = openCell({ name: 'gone' })
      await step.run(() => accounts.lock(other))
      const waiting = step.run(() => accounts.lock(account)).catch((error: unknown) => error)
      await step.abort()
      expect(await waiting).toBeInstanceOf(CellClosedError)
    })

    within('an aborted step leaves nothing behind', async ({ accounts }) => {
      const owner = unique('aborted')
      const step = openCell({ name: 'step' })
      await step.run(() => accounts.insert({ owner }).then(() => {}))
      await step.abort()
      expect(await accounts.exists({ owner })).toBe(false)
    })
  })
}
