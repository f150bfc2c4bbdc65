/** What binds a model to Postgres: `bindRepository(ModelRepository.of(User), createPgRepository(PgUser))`. */
import { repositorySource, type RepositorySource, type RepositorySourceDescription } from '@justscale/core'
import { StoredRepository } from '@justscale/core/repository'
import type { PgDatabase } from './pg-database.ts'
import type { PgModel, PgModelOf } from './pg-model.ts'
import { PgRowStore } from './pg-row-store.ts'
import { PostgresClient } from './postgres-client.ts'

/** Makes the repository of a model in the app's Postgres. Needs `PostgresFeature`. */
export function createPgRepository<Entity>(
  model: PgModelOf<Entity>,
): RepositorySource<Entity, 'postgres', typeof PostgresClient> {
  const table: PgModel = model
  const description: RepositorySourceDescription<Entity, 'postgres', typeof PostgresClient> = {
    storage: 'postgres',
    model: table.model,
    inject: { client: PostgresClient },
    create: (_model, dependencies, app) => {
      const database = dependencies.client as PgDatabase
      database.register(table)
      return new StoredRepository(app, table.model, new PgRowStore(database, table))
    },
  }
  return { [repositorySource]: description }
}
