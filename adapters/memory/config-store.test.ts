import { bindInstance, JustScale } from '@justscale/core'
import { ConfigStore } from '@justscale/core/config'
import { configStoreContract, ContractConfigFeature } from '@justscale/core/config/contract'
import { InMemoryConfigStore } from './index.ts'

configStoreContract({
  name: 'memory',
  async open() {
    const store = new InMemoryConfigStore()
    return {
      async node() {
        const app = JustScale().add(bindInstance(ConfigStore, store)).add(ContractConfigFeature).build()
        await app.start()
        return app
      },
      close: async () => {},
    }
  },
})
