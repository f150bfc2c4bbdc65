import { JustScale } from '@justscale/core'
import { ContractChannel, lockAndChannelContract } from '@justscale/core/lock/contract'
import { testDatabase } from '@justscale/engine/embedded'
import { PostgresFeature, PostgresChannelFeature, PostgresLockFeature } from './index.ts'

for (const [name, query] of [
  ['Postgres', ''],
  ['Postgres behind a pooler in transaction mode', 'prepare=false'],
] as const) {
  lockAndChannelContract({
    name,
    async open() {
      const database = await testDatabase()
      const url = query === '' ? database.url : `${database.url}${database.url.includes('?') ? '&' : '?'}${query}`
      const node = async () => {
        const app = JustScale()
          .add(PostgresFeature({ url }))
          .add(PostgresLockFeature)
          .add(PostgresChannelFeature)
          .add(ContractChannel)
          .build()
        await app.start()
        return app
      }
      const nodes = await Promise.all([node(), node()])
      return {
        nodes: [nodes[0], nodes[1]],
        close: async () => {
          for (const app of nodes) await app.stop()
          await database.drop()
        },
      }
    },
  })
}
