/** A later build of it, whose shop has lost a method that processes wait to call. */
import { bindRepository, defineApp, defineService, JustScale, ModelRepository } from '@justscale/core'
import { createProcess } from '@justscale/core/process'
import { BankSignals, hearing, Purse } from '@justscale/core/process/contract-models'
import { createPgModel, createPgRepository, PostgresFeature, PostgresProcessFeature } from '@justscale/postgres'

class Shop extends defineService({
  factory: () => ({ measure: async (id: string): Promise<string> => id }),
}) {}

const breaking = createProcess({
  path: '/breaking/:id',
  inject: { shop: Shop },
  handler: async ({ shop }, { id }) => await shop.measure(id),
})
const stubborn = createProcess({
  path: '/stubborn/:id',
  inject: { shop: Shop },
  async handler() {},
})

export default defineApp(import.meta, () =>
  JustScale()
    .named('north')
    .add(PostgresFeature)
    .add(bindRepository(ModelRepository.of(Purse), createPgRepository(createPgModel(Purse))))
    .add(PostgresProcessFeature)
    .add(BankSignals)
    .add(hearing)
    .add(Shop)
    .add(breaking)
    .add(stubborn),
)
