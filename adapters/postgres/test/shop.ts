/** The app of the concurrency suites: accounts on Postgres, as any node would build it. */
import { bindRepository, defineModel, field, JustScale, ModelRepository } from '@justscale/core'
import { createPgModel, createPgRepository, PostgresFeature, PostgresClient, PostgresSchemaFeature } from '../index.ts'

export class Purse extends defineModel({
  name: 'Purse',
  fields: { owner: field.string().unique(), balance: field.int().default(0), note: field.text().optional() },
}) {}

export const Purses = ModelRepository.of(Purse)

/** One node. */
export async function startShop(url: string, connections = 10) {
  const app = JustScale()
    .named('shop')
    .add(PostgresFeature({ url, connections }))
    .add(bindRepository(Purses, createPgRepository(createPgModel(Purse, { table: 'purses' }))))
    .add(PostgresSchemaFeature)
    .build()
  await app.start()
  return { app, purses: await app.resolve(Purses), client: await app.resolve(PostgresClient) }
}

export type Shop = Awaited<ReturnType<typeof startShop>>
