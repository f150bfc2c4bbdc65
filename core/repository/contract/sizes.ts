/** Conditions and inserts as large as programs make them. A part of the repository contract. */
import { describe, expect } from 'bun:test'
import { transaction } from '../../cell/transaction.ts'
import { q } from '../../query/q.ts'
import { Account, Specimen, Team } from '../contract-models.ts'
import { QueryError, UniqueViolationError } from '../errors.ts'
import type { ContractBench } from './bench.ts'

type SpecimenCondition = ReturnType<typeof Specimen.fields.whole.eq>

export function sizesContract({ within, unique }: ContractBench): void {
  describe('sizes', () => {
    within('a condition may have any number of values, however it was put together', async ({ specimens }) => {
      const label = unique('large')
      const { fields } = Specimen
      await specimens.insertMany([...Array(12).keys(), undefined].map((whole) => ({ label, whole })))
      const even = Array.from({ length: 50_000 }, (_, n) => n * 2)
      const equal = even.map((n) => fields.whole.eq(n))
      const unequal = even.map((n) => fields.whole.neq(n))
      const tree = (parts: readonly SpecimenCondition[], kind: 'and' | 'or') =>
        parts.reduce((all, part) => q[kind](all, part))
      const counts: Record<string, readonly [SpecimenCondition, number]> = {
        in: [fields.whole.in(even), 6],
        notIn: [fields.whole.notIn(even), 7],
        or: [q.or(...equal), 6],
        and: [q.and(...unequal), 7],
        'or of or of or': [tree(equal, 'or'), 6],
        'and of and of and': [tree(unequal, 'and'), 7],
        'or of others too': [q.or(fields.whole.eq(1), ...equal, fields.whole.isNull(), fields.whole.in([3, 4])), 9],
        'and of eq': [q.and(fields.whole.eq(2), fields.whole.eq(4)), 0],
        'or of neq': [q.or(fields.whole.neq(2), fields.whole.neq(4)), 13],
        'not of in': [q.not(fields.whole.in(even)), 7],
        'not of not': [q.not(q.not(fields.whole.eq(2))), 1],
        'not of not of not': [q.not(q.not(q.not(fields.whole.eq(2)))), 12],
      }
      for (const [name, [condition, count]] of Object.entries(counts)) {
        const found = await specimens.count(q.and(fields.label.eq(label), condition))
        expect([name, found]).toEqual([name, count])
      }
    })

    within('a list of references may have any number of them, and is one test', async ({ specimens, teams }) => {
      const label = unique('many references')
      const team = await teams.insert({ title: label })
      await specimens.insert({ label, teams: [team] })
      const others = Array.from({ length: 70_000 }, () => Team.ref(Bun.randomUUIDv7()))
      const { fields } = Specimen
      const count = (where: SpecimenCondition) => specimens.count(q.and(fields.label.eq(label), where))
      expect(await count(fields.teams.hasAny([...others, team]))).toBe(1)
      expect(await count(fields.teams.hasAny(others))).toBe(0)
      expect(await count(fields.teams.hasAll([...others, team]))).toBe(0)
    })

    within('a list of values of any type is one test', async ({ specimens }) => {
      const label = unique('lists')
      const at = Temporal.Instant.from('2026-11-21T05:00:00.123456Z')
      const values = {
        text: `'"\\{},NULL`,
        big: -9223372036854775808n,
        exact: '-1.5000000000',
        double: Number.NaN,
        single: Infinity,
        at,
        flag: false,
        time: Temporal.PlainTime.from('10:00'),
        color: 'red' as const,
      }
      await specimens.insert({ label, ...values })
      for (const name of Object.keys(values) as (keyof typeof values)[]) {
        const field = Specimen.fields[name] as typeof Specimen.fields.text
        const value = values[name] as string
        const one = q.and(Specimen.fields.label.eq(label), q.or(field.eq(value), field.eq(value)))
        expect([name, await specimens.count(one)]).toEqual([name, 1])
      }
    })

    within('a condition that no storage could answer is refused, and what to do is said', async ({ specimens }) => {
      const { whole, small } = Specimen.fields
      const nested = (levels: number) => {
        let condition: SpecimenCondition = whole.eq(1)
        for (let level = 0; level < levels; level += 2) condition = q.and(small.gt(1), q.or(small.lt(0), condition))
        return condition
      }
      expect(await specimens.count(nested(400))).toBe(0)
      const deep = await specimens.count(nested(20_000)).catch((error: unknown) => error)
      expect(deep).toBeInstanceOf(QueryError)
      const mixed = Array.from({ length: 40_000 }, (_, n) => q.and(whole.eq(n), small.eq(1)))
      const large = await specimens.count(q.or(...mixed)).catch((error: unknown) => error)
      expect(large).toBeInstanceOf(QueryError)
      expect(String(large)).toContain('A condition may compare 60000 values, this one has 80000')
    })

    within('insertMany takes as many rows as there are, and stores all or none of them', async ({ accounts }) => {
      const prefix = unique('many')
      const many = (name: string, note: string, count: number) =>
        Array.from({ length: count }, (_, n) => ({ owner: `${prefix}-${name}-${n}`, note }))
      const stored = (name: string) => accounts.count(Account.fields.owner.startsWith(`${prefix}-${name}-`))
      const large = 'x'.repeat(3_000_000)
      await accounts.insertMany(many('small', 'x', 20_000))
      expect(await stored('small')).toBe(20_000)
      await accounts.insertMany(many('large', large, 8))
      expect(await stored('large')).toBe(8)
      const twice = [...many('twice', large, 7), { owner: `${prefix}-twice-0` }]
      await expect(accounts.insertMany(twice)).rejects.toBeInstanceOf(UniqueViolationError)
      await transaction(async () => {
        await accounts.insertMany(many('kept', 'x', 2))
        await expect(accounts.insertMany(twice)).rejects.toBeInstanceOf(UniqueViolationError)
        expect(await stored('twice')).toBe(0)
        await accounts.insertMany(many('within', large, 4))
      })
      expect([await stored('twice'), await stored('kept'), await stored('within')]).toEqual([0, 2, 4])
      await accounts.deleteWhere(Account.fields.owner.startsWith(prefix))
    })
  })
}
