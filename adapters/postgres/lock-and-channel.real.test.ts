import { lockAndChannelContract } from '@justscale/core/lock/contract'
import { testDatabase } from '@justscale/engine/embedded'
import { lockAndChannelApps } from './test/contract-apps.ts'

for (const [name, query] of [
  ['Postgres', ''],
  ['Postgres behind a pooler in transaction mode', 'prepare=false'],
] as const) {
  lockAndChannelContract({
    name,
    async open() {
      const database = await testDatabase()
      const url = query === '' ? database.url : `${database.url}${database.url.includes('?') ? '&' : '?'}${query}`
      return await lockAndChannelApps({ url, drop: () => database.drop() })
    },
  })
}
