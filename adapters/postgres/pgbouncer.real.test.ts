/** Repositories, locks and channels behind a real PgBouncer in transaction mode. Needs `pgbouncer` on the PATH. */
import { lockAndChannelContract } from '@justscale/core/lock/contract'
import { repositoryContract } from '@justscale/core/repository/contract'
import { test } from 'bun:test'
import { bouncedDatabase, pooler } from './test/bouncer.ts'
import { lockAndChannelApps, repositoryApp } from './test/contract-apps.ts'

if (pooler === null) test.skip('behind PgBouncer: it is not installed', () => {})
else behind(pooler)

function behind(program: string): void {
  repositoryContract({ name: 'PgBouncer', open: async () => await repositoryApp(await bouncedDatabase(program)) })
  lockAndChannelContract({
    name: 'PgBouncer',
    open: async () => await lockAndChannelApps(await bouncedDatabase(program)),
  })
}
