/**
 * What repositories of one app share: the connections, the tables, who waits for which lock on this node, and who watches
 * which row. `PostgresClient` is the token users see.
 */
import { AppStoppedError, modelName, type AnyModelClass } from '@justscale/core'
import { TransactionLostError, type TransactionProvider } from '@justscale/core/cell'
import { LockTable } from '@justscale/core/lock'
import { QueryError } from '@justscale/core/repository'
import { SqlConnectionError, type SqlDatabase } from '@justscale/engine/sql'
import { ChangeFeed } from './change-feed.ts'
import type { PgModel } from './pg-model.ts'
import { PgTransaction } from './pg-transaction.ts'

/** The connections of an app, from `PostgresClient`. `sql` is for statements of your own, outside of any unit of work. */
export class PgDatabase {
  readonly sql: SqlDatabase
  readonly locks = new LockTable()
  readonly provider: TransactionProvider<PgTransaction>
  readonly changes: ChangeFeed
  readonly #tables = new Map<string, PgModel>()
  #closed = false

  /** `idleTimeout`: milliseconds that a unit of work may ask nothing of the server until it is ended. */
  constructor(sql: SqlDatabase, channel: string, idleTimeout: number) {
    this.sql = sql
    this.changes = new ChangeFeed(sql, channel)
    this.provider = {
      name: `Postgres at ${sql.address}`,
      begin: async ({ timeout }) => {
        try {
          const lane = await sql.lane({ pool: 'work', timeout })
          return new PgTransaction(lane, { storage: sql.identity, lockTimeout: timeout, idleTimeout })
        } catch (error) {
          const stopped = this.stopped(error)
          if (stopped) throw stopped
          if (error instanceof SqlConnectionError) throw new TransactionLostError(error.message, 'no', error)
          throw error
        }
      },
    }
  }

  /** Makes a table known, so that others can refer to it. Throws when two models want the same table. */
  register(table: PgModel): void {
    const existing = this.#tables.get(modelName(table.model))
    if (existing && existing.model !== table.model) {
      throw new QueryError(
        `Two models called ${table.name} are kept in the same database; give one of them another name`,
      )
    }
    for (const other of this.#tables.values()) if (other !== existing) refuseSharedName(table, other)
    this.#tables.set(modelName(table.model), table)
  }

  get tables(): Iterable<PgModel> {
    return this.#tables.values()
  }

  tableOf(model: AnyModelClass): PgModel {
    const found = this.#tables.get(modelName(model))
    if (found) return found
    throw new QueryError(`${modelName(model)} is not kept in this database`, {
      hint: `Bind it: bindRepository(ModelRepository.of(${modelName(model)}), createPgRepository(createPgModel(${modelName(model)}))).`,
    })
  }

  hasTable(model: AnyModelClass): boolean {
    return this.#tables.has(modelName(model))
  }

  /** The error to throw instead of `error`, when that only says that the app has stopped. */
  stopped(error: unknown): AppStoppedError | undefined {
    return this.#closed && error instanceof SqlConnectionError ? new AppStoppedError(this.provider.name) : undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.changes.close()
    this.#closed = true
    await this.sql.close()
  }
}

/** Tables and indexes have one list of names: what is there already would be taken for what is still to be made. */
function refuseSharedName(table: PgModel, other: PgModel): void {
  const taken = new Set(other.relations)
  const shared = table.relations.find((name) => taken.has(name))
  if (shared === undefined) return
  throw new QueryError(`${table.name} and ${other.name} would both have a table or an index called "${shared}"`, {
    hint: `Give one of them another table: createPgModel(${table.name}, { table: '...' }).`,
  })
}
