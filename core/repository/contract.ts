/**
 * The contract suite of repositories: what every adapter must do, in the words of the design. Call `repositoryContract` in
 * a test file with a storage; it runs everything against apps that the storage builds.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Application } from '../app/application.ts'
import { AppStoppedError } from '../app/errors.ts'
import { afterCommit } from '../cell/after-commit.ts'
import { runInCell } from '../cell/run-in-cell.ts'
import { transaction } from '../cell/transaction.ts'
import { openCell } from '../cell/open-cell.ts'
import { ModelRepository } from '../container/model-repository.ts'
import { DeadlockError, LockTimeoutError } from '../lock/errors.ts'
import { FieldValidationError } from '../model/errors.ts'
import { MalformedReferenceError, ReferenceNotFoundError } from '../reference/errors.ts'
import { Reference } from '../reference/reference.ts'
import { q } from '../query/q.ts'
import { isPersistent } from '../type-state/guard.ts'
import type { Locked, Persistent } from '../type-state/state.ts'
import { Account, Specimen, Team } from './contract-models.ts'
import {
  LockReleasedError,
  NotLockedError,
  QueryError,
  ReferenceViolationError,
  UniqueViolationError,
  UnsavedChangesError,
} from './errors.ts'
import type { Repository } from './repository.ts'

export interface ContractStorage {
  /** For the names of the tests: `memory`. */
  readonly name: string
  /** An app that binds `contractModels`, with empty tables. Called once per file. */
  open(): Promise<ContractApp>
}

export interface ContractApp {
  readonly app: Application<unknown>
  close(): Promise<void>
}

interface Repositories {
  readonly teams: Repository<Team>
  readonly accounts: Repository<Account, Team>
  readonly specimens: Repository<Specimen, Team>
}

export function repositoryContract(storage: ContractStorage): void {
  describe(`repositories on ${storage.name}`, () => {
    let opened: ContractApp
    let repositories: Repositories
    let counter = 0

    beforeAll(async () => {
      opened = await storage.open()
      const { app } = opened
      repositories = {
        teams: await app.resolve(ModelRepository.of(Team)),
        accounts: await app.resolve(ModelRepository.of(Account, Team)),
        specimens: await app.resolve(ModelRepository.of(Specimen, Team)),
      }
    })
    afterAll(() => opened.close())

    /** Each test works on entities of its own. */
    const unique = (word: string) => `${word}-${process.pid}-${(counter += 1)}`
    const within = (name: string, body: (r: Repositories) => Promise<void>) =>
      test(name, () => opened.app.run(() => body(repositories)))
    const newAccount = (balance = 0) => repositories.accounts.insert({ owner: unique('owner'), balance })
    const balanceOf = async (account: Persistent<Account>) => (await repositories.accounts.get(account))?.balance

    describe('reading and inserting', () => {
      within('insert gives a stored entity with defaults, methods and no key in sight', async ({ accounts }) => {
        const account = await accounts.insert({ owner: unique('ada') })
        expect(account.balance).toBe(0)
        expect(account.status).toBe('open')
        expect(account.note).toBeUndefined()
        expect(account.label).toContain('ada')
        expect(Object.keys(account)).toEqual(['owner', 'balance', 'status', 'team', 'note', 'openedAt', 'tags'])
        expect(JSON.stringify(account)).not.toContain(Account.ref(account).identifier)
        const read = await accounts.get(account)
        expect(read).not.toBe(account)
        expect({ ...read }).toEqual({ ...account })
      })

      within('a new instance is stored by insert and by save', async ({ accounts }) => {
        const [one, other] = [new Account({ owner: unique('one') }), new Account({ owner: unique('other') })]
        one.balance = 1.005
        expect((await accounts.insert(one)).balance).toBe(1)
        expect((await accounts.save(other)).owner).toBe(other.owner)
      })

      within('what does not exist is null', async ({ accounts }) => {
        const missing = Account.ref(Bun.randomUUIDv7())
        expect(await accounts.get(missing)).toBeNull()
        expect(await accounts.lock(missing)).toBeNull()
        expect(await accounts.findOne(Account.fields.owner.eq('nobody'))).toBeNull()
        expect(await accounts.get(Account.ref('no-key-at-all'))).toBeNull()
      })

      within('getMany keeps the order asked for', async ({ accounts }) => {
        const [a, b] = await accounts.insertMany([{ owner: unique('a') }, { owner: unique('b') }])
        const missing = Account.ref(Bun.randomUUIDv7())
        const found = await accounts.getMany([Account.ref(b!), missing, Account.ref(a!), Account.ref(b!)])
        expect(found.map((account) => account?.owner)).toEqual([b!.owner, undefined, a!.owner, b!.owner])
      })

      within('stored entities are read-only', async () => {
        const account = await newAccount(1)
        expect(() => Object.assign(account as object, { balance: 2 })).toThrow(TypeError)
        expect(() => (account.tags as string[]).push('x')).toThrow(TypeError)
      })

      within('awaiting references reads their entities, with methods', async ({ teams, accounts }) => {
        const team = await teams.insert({ title: unique('team') })
        const account = await accounts.insert({ owner: unique('eve'), team })
        expect(account.team).toBeInstanceOf(Reference)
        expect((await account.team)?.title).toBe(team.title)
        const [loaded] = await accounts.find({
          where: Account.fields.owner.eq(account.owner),
          load: [Account.fields.team],
        })
        expect((await loaded?.team)?.title).toBe(team.title)
      })

      within('a unit of work reads a reference once, and again after each lock and write', async (r) => {
        const team = await r.teams.insert({ title: unique('team') })
        const ref = (await r.accounts.insert({ owner: unique('eve'), team })).team
        if (!ref) throw new Error('no team')
        const titles = [1, 2, 3, 4, 5].map((n) => unique(`title ${n}`))
        await transaction(async () => {
          const read = await ref
          expect(await ref).toBe(read)
          const locked = await r.teams.lock(ref)
          if (!locked) throw new Error('gone')
          expect((await ref) as unknown).toBe(locked)
          await r.teams.update(locked, { title: titles[0] as string })
          expect((await ref).title).toBe(titles[0] as string)
          await r.teams.updateWhere(Team.fields.title.eq(titles[0] as string), { title: titles[1] as string })
          const undone = transaction(async () => {
            await r.teams.updateWhere(Team.fields.title.eq(titles[1] as string), { title: titles[2] as string })
            throw new Error('undone')
          })
          await expect(undone).rejects.toThrow('undone')
        })
        expect((await ref).title).toBe(titles[1] as string)
        await transaction(async () => {
          expect((await ref).title).toBe(titles[1] as string)
          const undone = transaction(async () => {
            await r.teams.updateWhere(Team.fields.title.eq(titles[1] as string), { title: titles[2] as string })
            expect((await ref).title).toBe(titles[2] as string)
            throw new Error('undone')
          })
          await expect(undone).rejects.toThrow('undone')
          expect((await ref).title).toBe(titles[1] as string)
          await transaction(async () => {
            await r.teams.updateWhere(Team.fields.title.eq(titles[1] as string), { title: titles[3] as string })
          })
          expect((await ref).title).toBe(titles[3] as string)
          await r.teams.updateWhere(Team.fields.title.eq(titles[3] as string), { title: titles[4] as string })
          expect((await ref).title).toBe(titles[4] as string)
          await r.accounts.deleteWhere(Account.fields.team.eq(ref))
          const locked = await r.teams.lock(ref)
          if (!locked) throw new Error('gone')
          expect((await ref).title).toBe(titles[4] as string)
          await r.teams.delete(locked)
          const read = await Promise.allSettled([ref])
          expect(read[0].status).toBe('rejected')
        })
      })

      within('every type of value comes back as it was', async ({ specimens, teams }) => {
        const team = await teams.insert({ title: unique('team') })
        const specimen = {
          label: unique('all'),
          text: 'naïve \u{1f600} \'quoted" \\ $1 %_',
          whole: -2147483648,
          small: 32767,
          big: 9223372036854775807n,
          price: 12345678.91,
          exact: '12345678901234567890.0123456789',
          single: Math.fround(0.1),
          double: -0.1e-300,
          flag: false,
          key: '0192aaaa-bbbb-7ccc-8ddd-eeeeffff0000',
          at: Temporal.Instant.from('2026-11-21T05:00:00.123456Z'),
          day: Temporal.PlainDate.from('2024-02-29'),
          time: Temporal.PlainTime.from('23:59:59.999999'),
          length: Temporal.Duration.from('P1M30DT90M'),
          data: { a: [1, 'x', null, { b: true }], 'ke"y': 'v' },
          bytes: new Uint8Array([0, 255, 128, 39, 92]),
          numbers: [3, 1, 2],
          color: 'green' as const,
          address: { city: "O'Slo", zip: 150, since: Temporal.PlainDate.from('2020-01-31') },
          team,
          teams: [Team.ref(team)],
        }
        const stored = await specimens.insert(specimen)
        const read = await specimens.get(stored)
        const plain = (entity: Persistent<Specimen> | null) => {
          const { team: one, teams: many, ...rest } = { ...entity } as Persistent<Specimen>
          return { ...rest, one: one?.identifier, many: many.items.map((item) => item.identifier) }
        }
        expect(plain(read)).toEqual(plain(stored))
        expect(read?.data).toEqual(specimen.data)
        expect(read?.length?.toString()).toBe('P1M30DT90M')
        expect(read?.address).toEqual(specimen.address)
        expect(read?.bytes).toEqual(specimen.bytes)
        const empty = await specimens.insert({ label: unique('none') })
        expect((await specimens.get(empty))?.big).toBeUndefined()
      })

      within('values that a field cannot have are refused before they reach the storage', async ({ accounts }) => {
        const bad = { owner: 'x'.repeat(41), status: 'gone', balance: 'much' } as unknown as { owner: string }
        const failure = await accounts.insert(bad).catch((error: unknown) => error)
        expect(failure).toBeInstanceOf(FieldValidationError)
        expect((failure as FieldValidationError).failures.map((each) => each.path).sort()).toEqual([
          'balance',
          'owner',
          'status',
        ])
      })
    })

    describe('text that no database keeps', () => {
      const bad = ['a\0b', '\ud800', 'x\udc00y']
      for (const text of bad) {
        within(`${JSON.stringify(text)} is refused in every place`, async ({ specimens }) => {
          const label = unique('bad')
          for (const values of [
            { text },
            { label: text },
            { data: { a: [text] } },
            { data: { [text]: 1 } },
            { address: { city: text } },
          ]) {
            const failure = await specimens.insert({ label, ...values }).catch((error: unknown) => error)
            expect(failure).toBeInstanceOf(FieldValidationError)
          }
          const kept = await specimens.insert({ label, data: { a: JSON.stringify(text) } })
          expect((await specimens.get(kept))?.data).toEqual({ a: JSON.stringify(text) })
        })
      }
    })

    describe('queries', () => {
      within('conditions, orders, limits', async ({ specimens, teams }) => {
        const label = unique('set')
        const team = await teams.insert({ title: unique('blue') })
        await specimens.insertMany([
          {
            label,
            whole: 3,
            text: 'b',
            color: 'blue',
            numbers: [1, 2],
            address: { city: 'Oslo', zip: 1 },
            team,
            teams: [team],
          },
          { label, whole: 1, text: 'B', color: 'red', numbers: [], address: { city: 'Bergen' } },
          { label, whole: 2, text: 'é', numbers: [2, 3] },
          { label, text: '100%', color: 'green' },
        ])
        const f = Specimen.fields
        const find = async (where: unknown, orderBy = [f.whole.asc()]) => {
          const both = q.and(f.label.eq(label), where as ReturnType<typeof f.label.eq>)
          return (await specimens.find({ where: both, orderBy })).map((each) => each.whole)
        }
        expect(await find(f.whole.gt(1))).toEqual([2, 3])
        expect(await find(f.whole.between(1, 2))).toEqual([1, 2])
        expect(await find(f.whole.neq(1))).toEqual([2, 3, undefined])
        expect(await find(f.whole.notIn([1, 2]))).toEqual([3, undefined])
        expect(await find(q.not(f.whole.gt(1)))).toEqual([1, undefined])
        expect(await find(f.whole.in([]))).toEqual([])
        expect(await find(f.whole.isNull())).toEqual([undefined])
        expect(await find(f.text.ilike('b'))).toEqual([1, 3])
        expect(await find(f.text.like('%\\%'))).toEqual([undefined])
        expect(await find(f.text.contains('%'))).toEqual([undefined])
        expect(await find(f.text.startsWith('_'))).toEqual([])
        expect(await find(f.color.in(['red', 'blue']))).toEqual([1, 3])
        expect(await find(f.numbers.contains(2))).toEqual([2, 3])
        expect(await find(f.numbers.hasAll([1, 2]))).toEqual([3])
        expect(await find(f.numbers.hasAny([1, 3]))).toEqual([2, 3])
        expect(await find(f.address.city.eq('Oslo'))).toEqual([3])
        expect(await find(f.address.zip.isNull())).toEqual([1, 2, undefined])
        expect(await find(f.team.eq(team))).toEqual([3])
        expect(await find(f.team.has(Team.fields.title.eq(team.title)))).toEqual([3])
        expect(await find(f.teams.has(Team.fields.title.eq(team.title)))).toEqual([3])
        expect(await find(f.teams.contains(team))).toEqual([3])
        expect(await find(Specimen.all, [f.color.asc('first'), f.whole.desc()])).toEqual([2, 1, undefined, 3])
        expect(await find(Specimen.all, [f.text.desc()])).toEqual([2, 3, 1, undefined])
        expect(await find(Specimen.all, [f.whole.desc('first')])).toEqual([undefined, 3, 2, 1])
        const page = await specimens.find({ where: { label }, orderBy: f.whole.asc(), limit: 2, offset: 1 })
        expect(page.map((each) => each.whole)).toEqual([2, 3])
        expect(await specimens.count({ label })).toBe(4)
        expect(await specimens.exists({ label, whole: 9 })).toBe(false)
      })

      within('aggregates are exact', async ({ specimens }) => {
        const label = unique('sum')
        await specimens.insertMany([
          { label, price: 0.1, whole: 1, big: 9007199254740993n, exact: '0.0000000001' },
          { label, price: 0.2, whole: 2, big: 1n, exact: '99999999999999999999.9999999999' },
          { label, whole: 2 },
        ])
        const f = Specimen.fields
        const result = await specimens.aggregate(
          {
            all: q.count(),
            priced: q.count(f.price),
            different: q.countDistinct(f.whole),
            price: q.sum(f.price),
            big: q.sum(f.big),
            exact: q.sum(f.exact),
            mean: q.avg(f.whole),
            least: q.min(f.whole),
            most: q.max(f.label),
            none: q.sum(f.double),
          },
          { label },
        )
        expect(result).toEqual({
          all: 3,
          priced: 2,
          different: 2,
          price: 0.3,
          big: 9007199254740994n,
          exact: '100000000000000000000.0000000000',
          mean: 5 / 3,
          least: 1,
          most: label,
          none: null,
        })
      })

      within('iterate goes by position: inserts and deletes meanwhile shift nothing', async ({ specimens }) => {
        const label = unique('page')
        const rows = Array.from({ length: 25 }, (_, whole) => ({
          label,
          whole: whole % 7 === 0 ? undefined : whole % 5,
        }))
        await specimens.insertMany(rows)
        const seen: (number | undefined)[] = []
        const orderBy = [Specimen.fields.whole.desc('first')]
        for await (const batch of specimens.streamBatches({ where: { label }, orderBy, batchSize: 4 })) {
          seen.push(...batch.map((each) => each.whole))
          if (seen.length === 8) await specimens.insert({ label, whole: 99 })
        }
        expect(seen).toHaveLength(25)
        const all = await specimens.find({ where: { label }, orderBy })
        expect(seen).toEqual(all.map((each) => each.whole).filter((whole) => whole !== 99))
      })

      within('a condition of another model is refused', async ({ accounts }) => {
        const foreign = Team.fields.title.eq('x') as unknown as ReturnType<typeof Account.fields.owner.eq>
        await expect(accounts.find(foreign)).rejects.toBeInstanceOf(QueryError)
      })
    })

    describe('locks', () => {
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

      within('an aborted step leaves nothing behind', async ({ accounts }) => {
        const owner = unique('aborted')
        const step = openCell({ name: 'step' })
        await step.run(() => accounts.insert({ owner }).then(() => {}))
        await step.abort()
        expect(await accounts.exists({ owner })).toBe(false)
      })
    })

    describe('constraints and bulk writes', () => {
      within('a unique value is refused, alone and in a list; a list is all or nothing', async ({ accounts }) => {
        const owner = unique('twin')
        await expect(accounts.insertMany([{ owner }, { owner }])).rejects.toBeInstanceOf(UniqueViolationError)
        await accounts.insertMany([{ owner }, { owner }]).catch(() => {})
        expect(await accounts.exists({ owner })).toBe(false)
        const [one, other] = [await newAccount(), await newAccount()]
        await using locked = await accounts.lock(one)
        await expect(accounts.update(locked!, { owner: other.owner })).rejects.toBeInstanceOf(UniqueViolationError)
        await accounts.update(locked!, { owner: other.owner }).catch(() => {})
        await accounts.update(locked!, { owner: unique('free') })
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

    test('after the app has stopped, every call says so', async () => {
      const { app, close } = await storage.open()
      const accounts = await app.resolve(ModelRepository.of(Account, Team))
      const account = await app.run(() => accounts.insert({ owner: unique('late') }))
      const late = await runInCell({ name: 'late' }, async () => {
        await close()
        const calls = [
          () => accounts.get(account),
          () => accounts.find(),
          () => accounts.count(),
          () => accounts.insert({ owner: unique('later') }),
          () => accounts.lock(account),
          () => accounts.lockAll([account]),
          () => accounts.deleteWhere(q.and()),
          () => app.run(() => 1),
        ]
        return Promise.all(calls.map((call) => call().catch((error: unknown) => error)))
      })
      for (const error of late) expect(error).toBeInstanceOf(AppStoppedError)
      expect(String(late[0])).toContain('The repository of ContractAccount was used after the app')
    })
  })
}
