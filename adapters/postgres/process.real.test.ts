import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { processFeature } from '@justscale/core/process'
import { processContract } from '@justscale/core/process/contract'
import {
  Bank,
  BankSignals,
  Deposit,
  fanning,
  hearing,
  moving,
  Nesting,
  nesting,
  Purse,
  receipt,
  saving,
} from '@justscale/core/process/contract-models'
import { testDatabase } from '@justscale/engine/embedded'
import { PostgresStore } from '@justscale/engine/postgres'
import { createPgModel, createPgRepository, PostgresFeature, PostgresClient, PostgresSchemaFeature } from './index.ts'

processContract({
  name: 'Postgres',
  async open(wrap) {
    const database = await testDatabase()
    const app = JustScale()
      .add(PostgresFeature({ url: database.url }))
      .add(
        processFeature({
          name: 'Processes',
          inject: { client: PostgresClient },
          open: ({ client }) => wrap(new PostgresStore({ url: database.url, sql: client.sql })),
        }),
      )
      .add(PostgresSchemaFeature)
      .add(bindRepository(ModelRepository.of(Purse), createPgRepository(createPgModel(Purse))))
      .add(bindRepository(ModelRepository.of(Deposit), createPgRepository(createPgModel(Deposit))))
      .add(BankSignals)
      .add(Bank)
      .add(receipt)
      .add(saving)
      .add(moving)
      .add(fanning)
      .add(hearing)
      .add(Nesting)
      .add(nesting)
      .build()
    await app.start()
    return {
      app,
      close: async () => {
        await app.stop()
        await database.drop()
      },
    }
  },
})
