import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { repositoryContract } from '@justscale/core/repository/contract'
import { Account, Specimen, Team } from '@justscale/core/repository/contract-models'
import { testDatabase } from '@justscale/engine/embedded'
import { createPgModel, createPgRepository, PostgresFeature, PostgresSchemaFeature } from './index.ts'

repositoryContract({
  name: 'Postgres',
  async open() {
    const database = await testDatabase()
    const app = JustScale()
      .add(PostgresFeature({ url: database.url }))
      .add(PostgresSchemaFeature)
      .add(bindRepository(ModelRepository.of(Team), createPgRepository(createPgModel(Team))))
      .add(bindRepository(ModelRepository.of(Account, Team), createPgRepository(createPgModel(Account))))
      .add(bindRepository(ModelRepository.of(Specimen, Team), createPgRepository(createPgModel(Specimen))))
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
