import { JustScale } from '@justscale/core'
import { configStoreContract, ContractConfigFeature } from '@justscale/core/config/contract'
import { testDatabase } from '@justscale/engine/embedded'
import { createPostgresFeature, PostgresConfigFeature } from './index.ts'

for (const [name, query] of [
  ['Postgres', ''],
  ['Postgres behind a pooler in transaction mode', 'prepare=false'],
] as const) {
  configStoreContract({
    name,
    async open() {
      const database = await testDatabase()
      const url = query === '' ? database.url : `${database.url}${database.url.includes('?') ? '&' : '?'}${query}`
      return {
        async node() {
          const app = JustScale()
            .add(createPostgresFeature({ url }))
            .add(PostgresConfigFeature)
            .add(ContractConfigFeature)
            .build()
          await app.start()
          return app
        },
        close: () => database.drop(),
      }
    },
  })
}
