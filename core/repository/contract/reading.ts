/** What repositories give and take: forms of entities, values of every type, what is refused. A part of the repository contract. */
import { describe, expect } from 'bun:test'
import { transaction } from '../../cell/transaction.ts'
import { FieldValidationError } from '../../model/errors.ts'
import { Reference } from '../../reference/reference.ts'
import type { Persistent } from '../../type-state/state.ts'
import { Account, Specimen, Team } from '../contract-models.ts'
import type { ContractBench } from './bench.ts'

export function readingContract({ within, newAccount, unique }: ContractBench): void {
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

    within('what is stored does not change with what was given for it, or with what it gave', async ({ specimens }) => {
      const label = unique('kept')
      const given = { label, bytes: Buffer.from([1, 2, 3]), numbers: [1, 2], data: { list: [1] } }
      const entity = new Specimen({ ...given, label: unique('new') })
      const scribble = (of: { bytes?: Uint8Array | undefined } | null | undefined) => {
        if (!of?.bytes) throw new Error('no bytes')
        of.bytes.fill(9)
      }
      const isWhole = async (stored: Persistent<Specimen>) => {
        const read = await specimens.get(stored)
        expect(read).toMatchObject({ bytes: new Uint8Array([1, 2, 3]), numbers: [1, 2], data: { list: [1] } })
        expect(read?.bytes?.constructor).toBe(Uint8Array)
      }
      const one = await specimens.insert(given)
      const [two] = await specimens.insertMany([{ ...given, label: unique('many') }, entity])
      if (!two) throw new Error('nothing inserted')
      given.numbers.push(3)
      given.data.list.push(2)
      for (const each of [given, one, two, entity]) scribble(each)
      await isWhole(one)
      await isWhole(two)
      scribble(await specimens.get(one))
      scribble(await specimens.findOne({ label }))
      scribble((await specimens.getMany([one]))[0])
      await isWhole(one)
      const bytes = Buffer.from([4, 2, 3])
      await transaction(async () => {
        await using locked = await specimens.lock(one)
        scribble(await specimens.update(locked!, { bytes }))
        bytes[0] = 9
        scribble(await specimens.get(one))
        locked!.bytes = new Uint8Array([1, 2, 3])
        await specimens.save(locked!)
      })
      await isWhole(one)
      const patch = { bytes: Buffer.from([1, 2, 3]) }
      await specimens.updateWhere(Specimen.fields.label.eq(label), patch)
      scribble(patch)
      await isWhole(one)
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
      const tags: string[] = []
      tags.length = 1
      const holes = accounts.insert({ owner: unique('holes'), tags })
      await expect(holes).rejects.toThrow('tags.0 must be text, got undefined')
      await expect(accounts.insert(null as never)).rejects.toThrow('needs an object of values')
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
}
