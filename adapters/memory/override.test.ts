import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { overrideContract } from '@justscale/core/repository/override-contract'
import { AppMember, Badge, Greetings, Member, Members } from '@justscale/core/repository/override-models'
import { InMemoryRepository } from './index.ts'

overrideContract({
  name: 'memory',
  async open() {
    const app = JustScale()
      .add(Greetings)
      .add(bindRepository(ModelRepository.of(AppMember), new InMemoryRepository()))
      .add(bindRepository(ModelRepository.of(Badge, Member), new InMemoryRepository()))
      .add(Members)
      .build()
    return { app, close: () => app.stop() }
  },
})
