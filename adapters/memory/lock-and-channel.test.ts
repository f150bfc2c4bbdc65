import { JustScale } from '@justscale/core'
import { ContractChannel, lockAndChannelContract } from '@justscale/core/lock/contract'
import { InMemoryChannelFeature, InMemoryLockFeature } from './index.ts'

lockAndChannelContract({
  name: 'memory',
  async open() {
    const app = JustScale().add(InMemoryLockFeature).add(InMemoryChannelFeature).add(ContractChannel).build()
    await app.start()
    return { nodes: [app, app], close: () => app.stop() }
  },
})
