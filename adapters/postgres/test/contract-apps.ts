/** The apps of the contract suites, on whatever Postgres database they are given: a server itself, or one behind a pooler. */
import { type Application, bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { ContractChannel } from '@justscale/core/lock/contract'
import { Account, Specimen, Team } from '@justscale/core/repository/contract-models'
import {
  createPgModel,
  createPgRepository,
  PostgresChannelFeature,
  PostgresFeature,
  PostgresLockFeature,
  PostgresSchemaFeature,
} from '../index.ts'

/** A database of one test; `drop` when its apps have stopped. */
interface Database {
  /** Of the pooler, where there is one. */
  readonly url: string
  drop(): Promise<void>
}

/** Starts `app`; closing it drops its database. */
export async function opened<App extends Application<unknown>>(app: App, database: Pick<Database, 'drop'>) {
  await app.start()
  return {
    app,
    close: async () => {
      await app.stop()
      await database.drop()
    },
  }
}

/** For `repositoryContract`. */
export async function repositoryApp(database: Database) {
  const app = JustScale()
    .add(PostgresFeature({ url: database.url }))
    .add(PostgresSchemaFeature)
    .add(bindRepository(ModelRepository.of(Team), createPgRepository(createPgModel(Team))))
    .add(bindRepository(ModelRepository.of(Account, Team), createPgRepository(createPgModel(Account))))
    .add(bindRepository(ModelRepository.of(Specimen, Team), createPgRepository(createPgModel(Specimen))))
    .build()
  return await opened(app, database)
}

/** For `lockAndChannelContract`: two nodes. */
export async function lockAndChannelApps(database: Database) {
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
    nodes,
    close: async () => {
      for (const app of nodes) await app.stop()
      await database.drop()
    },
  }
}
