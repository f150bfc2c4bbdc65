/** Conditions, orders, aggregates and reading in batches. A part of the repository contract. */
import { describe, expect } from 'bun:test'
import { q } from '../../query/q.ts'
import { Account, Specimen, Team } from '../contract-models.ts'
import { QueryError } from '../errors.ts'
import type { ContractBench } from './bench.ts'

export function queriesContract({ within, unique }: ContractBench): void {
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

    within('batches go on between those that have a value and those that have none', async ({ specimens }) => {
      const label = unique('nulls')
      const values = [2, undefined, 1, undefined, 2, undefined, undefined, 3]
      await specimens.insertMany(values.map((whole) => ({ label, whole })))
      const { whole, flag } = Specimen.fields
      for (const first of [whole.asc(), whole.desc(), whole.asc('first'), whole.desc('first')]) {
        for (const orderBy of [[first], [flag.asc(), first], [first, flag.desc('first')]]) {
          const expected = (await specimens.find({ where: { label }, orderBy })).map(
            (each) => Specimen.ref(each).identifier,
          )
          expect(expected).toHaveLength(values.length)
          for (const batchSize of [1, 2, 3]) {
            const seen: string[] = []
            for await (const each of specimens.iterate({ where: { label }, orderBy, batchSize }))
              seen.push(Specimen.ref(each).identifier)
            expect(seen).toEqual(expected)
          }
        }
      }
    })

    within('iterate gives them one by one, deletes of what comes included', async ({ specimens }) => {
      const label = unique('one by one')
      await specimens.insertMany(Array.from({ length: 7 }, (_, whole) => ({ label, whole })))
      const seen: (number | undefined)[] = []
      for await (const each of specimens.iterate({ where: { label }, batchSize: 2 })) {
        seen.push(each.whole)
        if (each.whole === 1) await specimens.deleteWhere({ label, whole: 4 })
      }
      expect(seen).toEqual([0, 1, 2, 3, 5, 6])
      for await (const each of specimens.iterate({ where: { label } })) {
        expect(each.whole).toBe(0)
        break
      }
      await expect(specimens.iterate({ where: { label }, batchSize: 0 }).next()).rejects.toBeInstanceOf(QueryError)
    })

    within(
      'references are compared by their keys, whatever their case, and what can be no key is nobody',
      async (r) => {
        const team = await r.teams.insert({ title: unique('team') })
        const label = unique('refs')
        await r.specimens.insertMany([{ label, team, teams: [team, team] }, { label, teams: [] }, { label }])
        const [loud, nobody] = [Team.ref(Team.ref(team).identifier.toUpperCase()), Team.ref('no-key')]
        expect(loud.equals(Team.ref(team) as typeof loud)).toBeTrue()
        expect((await r.teams.get(loud))?.title).toBe(team.title)
        const { team: one, teams: many } = Specimen.fields
        const counts = [
          [one.eq(loud), 1],
          [one.eq(nobody), 0],
          [one.neq(nobody), 3],
          [one.in([nobody, loud]), 1],
          [one.notIn([nobody]), 3],
          [q.or(one.eq(nobody), one.eq(team)), 1],
          [many.contains(loud), 1],
          [many.contains(nobody), 0],
          [many.hasAny([nobody, team]), 1],
          [many.hasAll([nobody, team]), 0],
          [q.not(many.contains(nobody)), 3],
        ] as const
        for (const [condition, count] of counts) {
          expect(await r.specimens.count(q.and(Specimen.fields.label.eq(label), condition))).toBe(count)
        }
        expect(await r.specimens.count({ label, teams: [team, loud] })).toBe(1)
        expect(await r.specimens.count({ label, teams: [] })).toBe(2)
        expect(await r.specimens.count({ label, teams: [nobody] })).toBe(0)
        await r.specimens.insert({ label, team: loud })
        expect(await r.specimens.count({ label, team })).toBe(2)
      },
    )

    within('a condition of another model is refused', async ({ accounts }) => {
      const foreign = Team.fields.title.eq('x') as unknown as ReturnType<typeof Account.fields.owner.eq>
      await expect(accounts.find(foreign)).rejects.toBeInstanceOf(QueryError)
      await expect(accounts.aggregate({ total: q.sum(Specimen.fields.whole) } as never)).rejects.toBeInstanceOf(
        QueryError,
      )
      await expect(accounts.find({ load: [Specimen.fields.team as never] })).rejects.toBeInstanceOf(QueryError)
    })
  })
}
