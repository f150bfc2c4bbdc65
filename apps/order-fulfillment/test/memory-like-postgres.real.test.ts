/**
 * Random models, rows, conditions, orders, aggregates and changes give the same answers and errors in memory and on Postgres.
 * 300 cases; `DIFFERENTIAL_CASES=10000` for more, from another seed each time. A failure prints the smallest case found and
 * the seed: `DIFFERENTIAL_SEED=... DIFFERENTIAL_CASES=...` runs the same cases again.
 */
import {
  bindRepository,
  JustScale,
  ModelRepository,
  type AnyModel,
  type AnyModelClass,
  type Application,
} from '@justscale/core'
import { InMemoryRepository } from '@justscale/memory'
import { testDatabase } from '@justscale/engine/embedded'
import { openPostgres } from '@justscale/engine/sql'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createPgModel, createPgRepository, PostgresFeature, PostgresSchemaFeature } from '@justscale/postgres'
import { operations } from './differential/operation.ts'
import { modelsOf, schema, type Schema } from './differential/shape.ts'
import { World } from './differential/world.ts'

const CASES_PER_SCHEMA = 15
const cases = Number(process.env.DIFFERENTIAL_CASES ?? 300)
const chosen = process.env.DIFFERENTIAL_CASES ? Math.trunc(Math.random() * 2 ** 31) : 1
const seed = Number(process.env.DIFFERENTIAL_SEED ?? chosen)

let database: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

test(`memory and Postgres agree in ${cases} cases, seed ${seed}`, async () => {
  const outside = openPostgres(database.url)
  await outside.query('create table victim (id integer)')
  const schemas = fc.sample(schema, { seed, numRuns: Math.ceil(cases / CASES_PER_SCHEMA) })
  for (const [index, shapes] of schemas.entries()) {
    await compare(shapes, modelsOf(`Model${index}x`, shapes), seed + index)
  }
  // Names and texts of the models try to drop it.
  expect(await outside.query('select count(*)::integer as count from victim')).toEqual([{ count: 0 }])
  await outside.close()
})

async function compare(shapes: Schema, models: readonly AnyModelClass[], caseSeed: number): Promise<void> {
  const onServer = PostgresFeature({ url: database.url, connections: 2 })
  const table = (model: AnyModelClass) => createPgModel(model as unknown as abstract new () => AnyModel)
  const memory = appOf(models, () => new InMemoryRepository())
  const postgres = appOf(models, (model) => createPgRepository(table(model)), [onServer, PostgresSchemaFeature])
  await postgres.start()
  try {
    const worlds = await Promise.all([memory, postgres].map((app) => World.open(app, models)))
    const [one, other] = worlds as [World, World]
    const property = fc.asyncProperty(operations(shapes), async (steps) => {
      await Promise.all([one.empty(), other.empty()])
      for (const [index, step] of steps.entries()) {
        const [mine, theirs] = await Promise.all([one.perform(step), other.perform(step)])
        same(mine, theirs, `answer ${index}`)
      }
      same(await one.contents(), await other.contents(), 'contents')
    })
    const report = await fc.check(property, { seed: caseSeed, numRuns: CASES_PER_SCHEMA })
    if (!report.failed) return
    const [steps] = report.counterexample ?? []
    const found = `models ${printed(shapes)}\noperations ${printed(steps)}`
    throw new Error(`DIFFERENTIAL_SEED=${seed}, models ${caseSeed - seed}\n${found}\n${String(report.errorInstance)}`)
  } finally {
    await postgres.stop()
    await memory.stop()
  }
}

/** Equal; floating-point sums may differ in their last digits, because rows come in another order. */
function same(memory: unknown, postgres: unknown, what: string): void {
  const near = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (_, each: unknown) => {
        if (typeof each !== 'number') return each
        return Number.isInteger(each) ? each : Number.isFinite(each) ? Number(each.toPrecision(9)) : String(each)
      }),
    )
  expect({ [what]: near(postgres) }).toEqual({ [what]: near(memory) })
}

function printed(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return `${each}n`
    if (typeof each === 'number' && !Number.isFinite(each)) return String(each)
    return each instanceof Uint8Array ? `bytes ${each.toHex()}` : each === undefined ? 'absent' : each
  })
}

/** A builder whose types do not follow what is added: the models are random. */
interface AnyBuilder {
  add(component: unknown): AnyBuilder
  build(): Application<unknown>
}

function appOf(
  models: readonly AnyModelClass[],
  source: (model: AnyModelClass) => unknown,
  features: readonly unknown[] = [],
): Application<unknown> {
  const bind = bindRepository as unknown as (token: unknown, source: unknown) => unknown
  const of = ModelRepository.of as unknown as (...models: readonly AnyModelClass[]) => unknown
  let builder = JustScale() as unknown as AnyBuilder
  for (const feature of features) builder = builder.add(feature)
  for (const model of models) builder = builder.add(bind(of(model, ...models), source(model)))
  return builder.build()
}
