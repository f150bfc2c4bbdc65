/** The build that runs in the test, as an entry file. */
import { bindRepository, defineApp, JustScale, ModelRepository } from '@justscale/core'
import { BankSignals, hearing, Purse } from '@justscale/core/process/contract-models'
import { createPgModel, createPgRepository, PostgresFeature, PostgresProcessFeature } from '@justscale/postgres'
import { breaking, Shop, stubborn } from './processes.ts'

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
