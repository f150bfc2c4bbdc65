import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { repositoryContract } from '@justscale/core/repository/contract'
import { Account, Specimen, Team } from '@justscale/core/repository/contract-models'
import { InMemoryRepository } from './index.ts'

repositoryContract({
  name: 'memory',
  async open() {
    const app = JustScale()
      .add(bindRepository(ModelRepository.of(Team), new InMemoryRepository()))
      .add(bindRepository(ModelRepository.of(Account, Team), new InMemoryRepository()))
      .add(bindRepository(ModelRepository.of(Specimen, Team), new InMemoryRepository()))
      .build()
    return { app, close: () => app.stop() }
  },
})
