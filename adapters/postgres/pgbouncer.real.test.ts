/** Repositories, locks and channels behind a real PgBouncer in transaction mode. Needs `pgbouncer` on the PATH. */
import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { ContractChannel, lockAndChannelContract } from '@justscale/core/lock/contract'
import { repositoryContract } from '@justscale/core/repository/contract'
import { Account, Specimen, Team } from '@justscale/core/repository/contract-models'
import { test } from 'bun:test'
import {
  createPgModel,
  createPgRepository,
  PostgresFeature,
  PostgresChannelFeature,
  PostgresLockFeature,
  PostgresSchemaFeature,
} from './index.ts'
import { bouncedDatabase, pooler } from './test/bouncer.ts'

if (pooler === null) test.skip('behind PgBouncer: it is not installed', () => {})
else behind(pooler)

function behind(program: string): void {
  repositoryContract({
    name: 'PgBouncer',
    async open() {
      const database = await bouncedDatabase(program)
      const app = JustScale()
        .add(PostgresFeature({ url: database.url }))
        .add(PostgresSchemaFeature)
        .add(bindRepository(ModelRepository.of(Team), createPgRepository(createPgModel(Team))))
        .add(bindRepository(ModelRepository.of(Account, Team), createPgRepository(createPgModel(Account))))
        .add(bindRepository(ModelRepository.of(Specimen, Team), createPgRepository(createPgModel(Specimen))))
        .build()
      await app.start()
      return {
        app,
        close: async () => {
          await app.stop()
          await database.drop()
        },
      }
    },
  })
  lockAndChannelContract({
    name: 'PgBouncer',
    async open() {
      const database = await bouncedDatabase(program)
      const node = async () => {
        const app = JustScale()
          .add(PostgresFeature({ url: database.url }))
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
