/**
 * Memory and Postgres give the same answers: random rows, conditions, orders, aggregates and changes run on both, and what
 * they answer or refuse is compared. `DIFFERENTIAL_RUNS` raises the number of cases; a failure prints its seed.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  type Application,
  bindRepository,
  type Condition,
  CoreError,
  JustScale,
  ModelRepository,
  type Order,
  q,
  type Repository,
} from '@justscale/core'
import { Specimen, Team } from '@justscale/core/repository/contract-models'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { InMemoryRepository } from '@justscale/memory'
import fc from 'fast-check'
import { createPgModel, createPgRepository, PostgresFeature, PostgresSchemaFeature } from '@justscale/postgres'

const RUNS = Number(process.env.DIFFERENTIAL_RUNS ?? 150)

type Values = Record<string, unknown>
type AnyCondition = Condition<never>
type Fields = Record<
  string,
  Record<string, (...args: unknown[]) => AnyCondition> & {
    asc(nulls?: string): Order<never>
    desc(nulls?: string): Order<never>
  }
>

const teamNames = ['red', 'Réd', 'blue']
const text = fc.oneof(
  fc.constantFrom('', 'a', 'A', 'ä', 'Ä', '%', '_', '\\', "'", 'ab', '\u{1f600}', '\uffee', 'B'),
  fc.string({ maxLength: 4 }).map((value) => value.replaceAll('\0', '')),
)
const instant = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => Temporal.Instant.from(date.toISOString()))
const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  text,
  whole: fc.integer({ min: -3, max: 3 }),
  small: fc.integer({ min: -32768, max: 32767 }),
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  price: fc.oneof(fc.constantFrom(0.125, 0.375, 1.005, -0.005, 0), fc.double({ min: -9999, max: 9999, noNaN: true })),
  exact: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }).map((units) => `${units}.${'0123456789'.slice(0, 5)}`),
  double: fc.double({ noNaN: true }),
  flag: fc.boolean(),
  key: fc.uuid(),
  at: instant,
  day: instant.map((at) => at.toZonedDateTimeISO('UTC').toPlainDate()),
  time: instant.map((at) => at.toZonedDateTimeISO('UTC').toPlainTime()),
  color: fc.constantFrom('red', 'green', 'blue'),
  numbers: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
}
const orderable = [
  'text',
  'whole',
  'small',
  'big',
  'price',
  'exact',
  'double',
  'flag',
  'key',
  'at',
  'day',
  'time',
  'color',
]
const comparable = orderable.filter((name) => name !== 'flag' && name !== 'color')

const row = fc.record(
  {
    ...values,
    address: fc.record({ city: text, zip: fc.option(values.whole as fc.Arbitrary<number>, { nil: undefined }) }),
    team: fc.constantFrom(0, 1, 2),
    teams: fc.uniqueArray(fc.constantFrom(0, 1, 2)),
  },
  { requiredKeys: [] },
)

/** A condition as data, to be built for each side's own references. */
type Test = (fields: Fields, teams: readonly unknown[]) => AnyCondition
const fieldTest: fc.Arbitrary<Test> = fc.oneof(
  fc.constantFrom(...Object.keys(values)).chain((name) =>
    fc.constantFrom('isNull', 'isNotNull').map(
      (method): Test =>
        (fields) =>
          fields[name]![method]!(),
    ),
  ),
  fc.constantFrom(...orderable).chain((name) =>
    fc.tuple(fc.constantFrom('eq', 'neq'), values[name]!).map(
      ([method, value]): Test =>
        (fields) =>
          fields[name]![method]!(value),
    ),
  ),
  fc.constantFrom(...comparable).chain((name) =>
    fc.tuple(fc.constantFrom('gt', 'gte', 'lt', 'lte'), values[name]!).map(
      ([method, value]): Test =>
        (fields) =>
          fields[name]![method]!(value),
    ),
  ),
  fc.constantFrom(...comparable).chain((name) =>
    fc.tuple(values[name]!, values[name]!).map(
      ([low, high]): Test =>
        (fields) =>
          fields[name]!.between!(low, high),
    ),
  ),
  fc.constantFrom(...orderable.filter((name) => name !== 'flag')).chain((name) =>
    fc.tuple(fc.constantFrom('in', 'notIn'), fc.array(values[name]!, { maxLength: 3 })).map(
      ([method, list]): Test =>
        (fields) =>
          fields[name]![method]!(list),
    ),
  ),
  fc.tuple(fc.constantFrom('like', 'startsWith', 'endsWith', 'contains'), text).map(
    ([method, value]): Test =>
      (fields) =>
        fields.text![method]!(value),
  ),
  fc.constantFrom('a%', '%B', 'Ä', '_').map(
    (value): Test =>
      (fields) =>
        fields.text!.ilike!(value),
  ),
  fc.tuple(fc.constantFrom('hasAny', 'hasAll', 'overlaps'), values.numbers!).map(
    ([method, list]): Test =>
      (fields) =>
        fields.numbers![method]!(list),
  ),
  text.map(
    (value): Test =>
      (fields) =>
        (fields.address as unknown as Fields).city!.eq!(value),
  ),
  fc.constantFrom('gt', 'neq', 'isNull').map(
    (method): Test =>
      (fields) =>
        (fields.address as unknown as Fields).zip![method]!(0),
  ),
  fc.constantFrom(0, 1, 2).map(
    (team): Test =>
      (fields, teams) =>
        fields.team!.eq!(teams[team]),
  ),
  fc.constantFrom(0, 1, 2).map(
    (team): Test =>
      (fields, teams) =>
        fields.teams!.contains!(teams[team]),
  ),
  fc.constantFrom(...teamNames).map(
    (name): Test =>
      (fields) =>
        fields.team!.has!(Team.fields.title.eq(name)),
  ),
  fc.constantFrom(...teamNames).map(
    (name): Test =>
      (fields) =>
        fields.teams!.has!(Team.fields.title.neq(name)),
  ),
)
const condition: fc.Arbitrary<Test> = fc.letrec<{ node: Test }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fieldTest,
    fc.array(tie('node'), { maxLength: 3 }).map(
      (parts): Test =>
        (fields, teams) =>
          q.and(...parts.map((part) => part(fields, teams))),
    ),
    fc.array(tie('node'), { maxLength: 3 }).map(
      (parts): Test =>
        (fields, teams) =>
          q.or(...parts.map((part) => part(fields, teams))),
    ),
    tie('node').map(
      (part): Test =>
        (fields, teams) =>
          q.not(part(fields, teams)),
    ),
  ),
})).node
const order = fc.record({
  field: fc.constantFrom(...orderable),
  direction: fc.constantFrom('asc', 'desc'),
  nulls: fc.constantFrom('first', 'last'),
})
const change = fc
  .constantFrom('whole', 'text', 'price', 'color', 'numbers', 'at')
  .chain((name) => values[name]!.map((value): Values => ({ [name]: value })))

interface Side {
  readonly specimens: Repository<Specimen, Team>
  readonly teams: readonly unknown[]
  run<Result>(body: () => Promise<Result>): Promise<Awaited<Result>>
  stop(): Promise<void>
}

describe('memory and Postgres', () => {
  let database: TestDatabase
  let sides: readonly Side[]

  beforeAll(async () => {
    database = await testDatabase()
    const memory = JustScale()
      .add(bindRepository(ModelRepository.of(Team), new InMemoryRepository()))
      .add(bindRepository(ModelRepository.of(Specimen, Team), new InMemoryRepository()))
      .build()
    const postgres = JustScale()
      .add(PostgresFeature({ url: database.url }))
      .add(PostgresSchemaFeature)
      .add(bindRepository(ModelRepository.of(Team), createPgRepository(createPgModel(Team))))
      .add(bindRepository(ModelRepository.of(Specimen, Team), createPgRepository(createPgModel(Specimen))))
      .build()
    sides = [await sideOf(memory), await sideOf(postgres)]
  })
  afterAll(async () => {
    for (const side of sides) await side.stop()
    await database.drop()
  })

  test('answer alike', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          rows: fc.array(row, { maxLength: 8 }),
          where: condition,
          orders: fc.array(order, { maxLength: 2 }),
          limit: fc.option(fc.nat(5), { nil: undefined }),
          offset: fc.nat(2),
          batchSize: fc.integer({ min: 1, max: 3 }),
          aggregate: fc.constantFrom('whole', 'big', 'price', 'exact'),
          extreme: fc.constantFrom(...comparable),
          change,
          changed: condition,
          deleted: condition,
        }),
        async (plan) => {
          const answers = await Promise.all(sides.map((side) => side.run(() => play(side, plan))))
          expect(answers[1]).toEqual(answers[0]!)
        },
      ),
      { numRuns: RUNS },
    )
  }, 600_000)
})

async function sideOf(app: Application<unknown>): Promise<Side> {
  await app.start()
  const teams = await app.resolve(ModelRepository.of(Team))
  const specimens = (await app.resolve(ModelRepository.of(Specimen, Team))) as Repository<Specimen, Team>
  const made = await app.run(() => teams.insertMany(teamNames.map((title) => ({ title }))))
  return { specimens, teams: made, run: (body) => app.run(body), stop: () => app.stop() }
}

interface Plan {
  readonly rows: readonly object[]
  readonly where: Test
  readonly orders: readonly { readonly field: string; readonly direction: string; readonly nulls: string }[]
  readonly limit: number | undefined
  readonly offset: number
  readonly batchSize: number
  readonly aggregate: string
  readonly extreme: string
  readonly change: Values
  readonly changed: Test
  readonly deleted: Test
}

/** Everything the plan asks for, as plain comparable answers; rows are told apart by their number. */
async function play(side: Side, plan: Plan): Promise<Values> {
  const { specimens, teams } = side
  const fields = Specimen.fields as unknown as Fields
  const build = (test: Test) => test(fields, teams) as Condition<never> as never
  await specimens.deleteWhere(Specimen.all)
  const inserted = await answer(() =>
    specimens
      .insertMany(plan.rows.map((given, index) => withTeams(given as Values, index, teams) as never))
      .then((all) => all.map(plain)),
  )
  const orderBy = plan.orders.map(({ field, direction, nulls }) =>
    fields[field]![direction as 'asc' | 'desc']!(nulls),
  ) as never
  const f = Specimen.fields as unknown as Record<string, never>
  const labels = async (where: Test) => (await specimens.find({ where: build(where) })).map((each) => each.label)
  return {
    inserted,
    found: await answer(async () =>
      (await specimens.find({ where: build(plan.where), orderBy, limit: plan.limit, offset: plan.offset })).map(plain),
    ),
    count: await answer(() => specimens.count(build(plan.where))),
    pages: await answer(async () => {
      const seen: string[] = []
      for await (const each of specimens.iterate({ where: build(plan.where), orderBy, batchSize: plan.batchSize }))
        seen.push(each.label)
      return seen
    }),
    aggregate: await answer(() =>
      specimens
        .aggregate(
          {
            sum: q.sum(f[plan.aggregate]!),
            avg: q.avg(f[plan.aggregate]!),
            min: q.min(f[plan.extreme]!),
            max: q.max(f[plan.extreme]!),
            different: q.countDistinct(f[plan.extreme]!),
          },
          build(plan.where),
        )
        .then((result) =>
          Object.fromEntries(Object.entries(result).map(([name, value]) => [name, comparableValue(value)])),
        ),
    ),
    updated: await answer(() => specimens.updateWhere(build(plan.changed), plan.change as never)),
    afterUpdate: await answer(() => labels(plan.changed)),
    deleted: await answer(() => specimens.deleteWhere(build(plan.deleted))),
    left: await answer(async () => (await specimens.find()).map(plain)),
  }
}

function withTeams(given: Values, index: number, teams: readonly unknown[]): Values {
  const { team, teams: several, ...rest } = given
  return {
    ...rest,
    label: `row ${index}`,
    ...(team !== undefined && { team: teams[team as number] }),
    ...(several !== undefined && { teams: (several as number[]).map((each) => teams[each]) }),
  }
}

async function answer(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CoreError) return { refused: error.code }
    throw error
  }
}

function plain(entity: object): Values {
  const { team, teams, ...rest } = { ...entity } as Values
  return {
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, comparableValue(value)])),
    team: team === undefined ? undefined : 'some',
    teams: (teams as { length: number }).length,
  }
}

function comparableValue(value: unknown): unknown {
  if (value instanceof Temporal.Instant || value instanceof Temporal.PlainDate || value instanceof Temporal.PlainTime)
    return value.toString()
  return typeof value === 'bigint' ? `${value}n` : value
}
