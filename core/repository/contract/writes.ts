/** Constraints, bulk writes, and watching what is written. A part of the repository contract. */
import { describe, expect } from 'bun:test'
import { runInCell } from '../../cell/run-in-cell.ts'
import { transaction } from '../../cell/transaction.ts'
import { MalformedReferenceError, ReferenceNotFoundError } from '../../reference/errors.ts'
import { q } from '../../query/q.ts'
import { Account, Specimen, Team } from '../contract-models.ts'
import { QueryError, ReferenceViolationError, UniqueViolationError } from '../errors.ts'
import type { ContractBench } from './bench.ts'

export function writesContract({ within, newAccount, unique }: ContractBench): void {
  describe('constraints and bulk writes', () => {
    within('a unique value is refused, alone and in a list; a list is all or nothing', async ({ accounts }) => {
      const owner = unique('twin')
      await expect(accounts.insertMany([{ owner }, { owner }])).rejects.toBeInstanceOf(UniqueViolationError)
      await accounts.insertMany([{ owner }, { owner }]).catch(() => {})
      expect(await accounts.exists({ owner })).toBe(false)
      const fresh = unique('fresh')
      await transaction(async () => {
        const twins = accounts.insertMany([{ owner: fresh }, { owner }, { owner }])
        await expect(twins).rejects.toBeInstanceOf(UniqueViolationError)
        expect(await accounts.exists({ owner: fresh })).toBe(false)
      })
      expect(await accounts.exists({ owner: fresh })).toBe(false)
      const [one, other] = [await newAccount(), await newAccount()]
      await using locked = await accounts.lock(one)
      await expect(accounts.update(locked!, { owner: other.owner })).rejects.toBeInstanceOf(UniqueViolationError)
      const printed = await accounts.update(locked!, { owner: other.owner }).catch((error) => Bun.inspect(error))
      expect(printed).toContain('There is already a ContractAccount with this owner')
      // What it is called may be a secret.
      expect(printed).not.toContain(other.owner)
      await accounts.update(locked!, { owner: unique('free') })
    })

    within('a new entity is stored once: again is refused, unless its row was undone', async ({ accounts }) => {
      const [one, other, taken] = [unique('new'), unique('new'), await newAccount()]
      const account = new Account({ owner: one })
      const undone = transaction(async () => {
        await accounts.save(account)
        throw new Error('undone')
      })
      await undone.catch(() => {})
      const refused = new Account({ owner: taken.owner })
      await accounts.save(refused).catch(() => {})
      refused.owner = other
      expect((await accounts.insertMany([account, refused])).map(({ owner }) => owner)).toEqual([one, other])
      for (const again of [() => accounts.save(account), () => accounts.insertMany([refused])]) {
        const error = await again().catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(QueryError)
        expect(String(error)).toContain('is stored already, as ContractAccount(')
      }
      const twice = new Account({ owner: unique('new') })
      await expect(accounts.insertMany([twice, twice])).rejects.toBeInstanceOf(QueryError)
      expect(await accounts.count({ owner: twice.owner })).toBe(0)
    })

    within('what is no field of a locked entity is refused, not dropped', async ({ accounts }) => {
      await using locked = await accounts.lock(await newAccount())
      expect(() => Object.assign(locked!, { ballance: 1 })).toThrow(TypeError)
    })

    within('two at once: one inserts, the other is refused', async ({ accounts }) => {
      const owner = unique('race')
      const results = await Promise.allSettled(
        [1, 2].map((balance) => transaction(() => accounts.insert({ owner, balance }).then(() => {}))),
      )
      expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected'])
    })

    within('references to nothing, and deletes of what is referred to, are refused', async ({ accounts, teams }) => {
      const missing = Team.ref(Bun.randomUUIDv7())
      const insert = accounts.insert({ owner: unique('x'), team: missing })
      await expect(insert).rejects.toBeInstanceOf(ReferenceViolationError)
      expect(await insert.catch((error: unknown) => error)).toMatchObject({ problem: 'missing' })
      const team = await teams.insert({ title: unique('team') })
      const member = await accounts.insert({ owner: unique('member'), team })
      await using locked = await teams.lock(team)
      const failure = await teams.delete(locked!).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(ReferenceViolationError)
      expect((failure as ReferenceViolationError).field).toBe('team')
      await accounts.updateWhere({ owner: member.owner }, { team: undefined })
    })

    within('references that can be to nothing are refused before they are written', async ({ accounts }) => {
      const malformed = Team.ref('nope')
      const account = await newAccount()
      const writes = [
        () => accounts.insert({ owner: unique('x'), team: malformed }),
        () => accounts.updateWhere({ owner: account.owner }, { team: malformed }),
      ]
      for (const write of writes)
        expect(await write().catch((error: unknown) => error)).toBeInstanceOf(MalformedReferenceError)
    })

    within('delete', async ({ accounts }) => {
      const account = await newAccount()
      {
        await using locked = await accounts.lock(account)
        expect(await accounts.delete(locked!)).toBe(true)
        expect(await accounts.delete(locked!)).toBe(false)
      }
      expect(await accounts.get(account)).toBeNull()
    })

    within('a unique value is free when its row has another one, is gone, or was undone', async ({ accounts }) => {
      const [one, two] = [unique('first'), unique('second')]
      const taken = async (owner: string) =>
        accounts.insert({ owner }).then(
          () => false,
          (error: unknown) => error instanceof UniqueViolationError,
        )
      await transaction(async () => {
        const account = await accounts.insert({ owner: one })
        expect(await taken(one)).toBe(true)
        await transaction(async () => {
          await using locked = await accounts.lock(account)
          await accounts.update(locked!, { owner: two })
          expect([await taken(two), await taken(one), await taken(one)]).toEqual([true, false, true])
          throw new Error('undone')
        }).catch(() => {})
        expect([await taken(one), await taken(two)]).toEqual([true, false])
        expect(await accounts.deleteWhere({ owner: one })).toBe(1)
        expect(await taken(one)).toBe(false)
      })
      expect([await taken(one), await taken(two)]).toEqual([true, true])
      expect(await accounts.deleteWhere({ owner: two })).toBe(1)
      expect(await taken(two)).toBe(false)
    })

    within('upsert inserts once and changes afterwards', async ({ accounts }) => {
      const owner = unique('upsert')
      const first = await accounts.upsert({ owner, balance: 1 }, { by: ['owner'] })
      const again = await accounts.upsert({ owner, balance: 2, note: 'b' }, { by: ['owner'], set: { note: 'again' } })
      expect(Account.ref(again).equals(Account.ref(first))).toBe(true)
      expect([again.balance, again.note]).toEqual([1, 'again'])
      expect((await accounts.upsert({ owner, balance: 5 }, { by: ['owner'] })).balance).toBe(5)
    })

    within('updateWhere and deleteWhere change what meets the condition', async ({ specimens }) => {
      const label = unique('bulk')
      await specimens.insertMany([1, 2, 3].map((whole) => ({ label, whole })))
      const f = Specimen.fields
      expect(await specimens.updateWhere(q.and(f.label.eq(label), f.whole.gt(1)), { flag: true })).toBe(2)
      expect(await specimens.count(q.and(f.label.eq(label), f.flag.isTrue()))).toBe(2)
      expect(await specimens.deleteWhere(q.and(f.label.eq(label), f.flag.isTrue()))).toBe(2)
      expect(await specimens.count({ label })).toBe(1)
      expect(await specimens.updateWhere({ label }, {})).toBe(0)
    })

    within('a bulk write without a condition is refused', async ({ specimens }) => {
      const label = unique('absent')
      await specimens.insert({ label })
      const absent = undefined as unknown as { label: string }
      await expect(specimens.deleteWhere(absent)).rejects.toThrow('deleteWhere needs a condition, got undefined')
      await expect(specimens.updateWhere(absent, { whole: 1 })).rejects.toBeInstanceOf(QueryError)
      expect(await specimens.count({ label })).toBe(1)
    })

    within('hostile text is only ever a value', async ({ specimens }) => {
      const f = Specimen.fields
      for (const text of ["'; drop table x; --", '$1', '"', '\\', '%', '\n', 'ｆｕｌｌ', '${1}', "E'\\''", '/*']) {
        const label = unique('inject')
        await specimens.insert({ label, text, data: { [text]: text }, address: { city: text } })
        for (const where of [f.text.eq(text), f.text.contains(text), f.address.city.eq(text), f.text.in([text])]) {
          const found = await specimens.find(q.and(f.label.eq(label), where))
          expect(found.map((each) => each.text)).toEqual([text])
        }
      }
    })
  })

  describe('observing', () => {
    within('gives the entity now, after each commit, and ends with it', async ({ accounts }) => {
      const account = await newAccount(1)
      const seen = accounts.observe(account)
      expect((await seen.next()).value?.balance).toBe(1)
      const second = seen.next()
      await transaction(async () => {
        await using locked = await accounts.lock(account)
        await accounts.update(locked!, { balance: 2 })
      })
      expect((await second).value?.balance).toBe(2)
      const end = seen.next()
      {
        await using locked = await accounts.lock(account)
        await accounts.delete(locked!)
      }
      expect((await end).done).toBe(true)
      const nothing = await accounts
        .observe(account)
        .next()
        .catch((error: unknown) => error)
      expect(nothing).toBeInstanceOf(ReferenceNotFoundError)
    })

    within('ends with return(), while a next() waits', async ({ accounts }) => {
      const account = await newAccount(1)
      const seen = accounts.observe(account)
      await seen.next()
      const waiting = seen.next()
      expect((await seen.return?.())?.done).toBe(true)
      expect((await waiting).done).toBe(true)
      expect((await seen.next()).done).toBe(true)
    })

    within('sees bulk changes and upserts, too', async ({ accounts }) => {
      const account = await newAccount(1)
      const { owner } = account
      const seen = accounts.observe(account)
      const balances = [(await seen.next()).value?.balance]
      const changes = [
        () => accounts.updateWhere({ owner }, { balance: 2 }),
        () => accounts.upsert({ owner, balance: 3 }, { by: ['owner'] }),
        () => accounts.deleteWhere({ owner }),
      ]
      for (const change of changes) {
        const next = seen.next()
        await change()
        balances.push((await next).value?.balance)
      }
      expect(balances).toEqual([1, 2, 3, undefined])
    })

    within(
      'ends with its signal: while it waits, before it begins, and with that of its cell',
      async ({ accounts }) => {
        const account = await newAccount(1)
        const [ends, given] = [new AbortController(), new AbortController()]
        const seen = accounts.observe(account, { signal: given.signal })
        await seen.next()
        const waiting = seen.next()
        given.abort()
        expect((await waiting).done).toBe(true)
        expect((await accounts.observe(account, { signal: given.signal }).next()).done).toBe(true)
        const ended = runInCell({ name: 'a request', signal: ends.signal }, async () => {
          const balances: number[] = []
          for await (const each of accounts.observe(account)) {
            balances.push(each.balance)
            queueMicrotask(() => ends.abort())
          }
          return balances
        })
        expect(await ended).toEqual([1])
      },
    )
  })
}
