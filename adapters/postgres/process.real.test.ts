import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { processFeature } from '@justscale/core/process'
import { processContract } from '@justscale/core/process/contract'
import { BankFeature, Deposit, Purse } from '@justscale/core/process/contract-models'
import { testDatabase } from '@justscale/engine/embedded'
import { PostgresStore } from '@justscale/engine/postgres'
import { createPgModel, createPgRepository, PostgresFeature, PostgresClient, PostgresSchemaFeature } from './index.ts'
import { opened } from './test/contract-apps.ts'

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
      .add(BankFeature)
      .build()
    return await opened(app, database)
  },
})
