import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { overrideContract } from '@justscale/core/repository/override-contract'
import { AppMember, Badge, Greetings, Member, Members } from '@justscale/core/repository/override-models'
import { testDatabase } from '@justscale/engine/embedded'
import { createPgModel, createPgRepository, PostgresFeature, PostgresSchemaFeature } from './index.ts'
import { opened } from './test/contract-apps.ts'

overrideContract({
  name: 'Postgres',
  async open() {
    const database = await testDatabase()
    const app = JustScale()
      .add(PostgresFeature({ url: database.url }))
      .add(PostgresSchemaFeature)
      .add(Greetings)
      .add(bindRepository(ModelRepository.of(AppMember), createPgRepository(createPgModel(AppMember))))
      .add(bindRepository(ModelRepository.of(Badge, Member), createPgRepository(createPgModel(Badge))))
      .add(Members)
      .build()
    return await opened(app, database)
  },
})
