import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { processFeature } from '@justscale/core/process'
import { processContract } from '@justscale/core/process/contract'
import { BankFeature, Deposit, Purse } from '@justscale/core/process/contract-models'
import { MemoryStore } from '@justscale/engine/memory'
import { InMemoryRepository } from './index.ts'

processContract({
  name: 'memory',
  async open(wrap) {
    const app = JustScale()
      .add(processFeature({ name: 'Processes', open: () => wrap(new MemoryStore()) }))
      .add(bindRepository(ModelRepository.of(Purse), new InMemoryRepository()))
      .add(bindRepository(ModelRepository.of(Deposit), new InMemoryRepository()))
      .add(BankFeature)
      .build()
    await app.start()
    return { app, close: () => app.stop() }
  },
})
