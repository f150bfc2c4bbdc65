/**
 * Named locks in Postgres: one row per name, kept for its fencing number. Every act is a single statement by the database's
 * clock, so it works behind a pooler too; a release is announced, and a lease that ends is found by looking again.
 */
import { bindService, createFeatureBuilder, defineService } from '@justscale/core'
import { LockBackend, LockService, type NamedGrant } from '@justscale/core/lock'
import type { SqlRow } from '@justscale/engine/sql'
import { frameworkSchema } from './framework-schema.ts'
import type { PgDatabase } from './pg-database.ts'
import { PostgresClient } from './postgres-client.ts'

const ACQUIRE = `
  insert into justscale_lock as held (name, holder, fence, expires)
  values ($1::text, $2::uuid, 1, clock_timestamp() + $3::integer * interval '1 millisecond')
  on conflict (name) do update
    set holder = excluded.holder, fence = held.fence + 1, expires = excluded.expires
    where held.expires <= clock_timestamp()
  returning fence, extract(epoch from expires)::double precision * 1000 as expires`

const RENEW = `
  update justscale_lock set expires = clock_timestamp() + $3::integer * interval '1 millisecond'
  where name = $1::text and holder = $2::uuid and expires > clock_timestamp()
  returning fence, extract(epoch from expires)::double precision * 1000 as expires`

const RELEASE = `
  update justscale_lock set expires = '-infinity' where name = $1::text and holder = $2::uuid`

class PgLocks extends defineService({
  name: 'PgLocks',
  inject: { client: PostgresClient },
  factory: ({ client }) => new PgLockBackend(client),
}) {}

class PgLockBackend {
  readonly #database: PgDatabase

  constructor(database: PgDatabase) {
    this.#database = database
  }

  async tryAcquire(name: string, holder: string, lease: number): Promise<NamedGrant | undefined> {
    await frameworkSchema(this.#database.sql)
    return grantOf(await this.#database.sql.query(ACQUIRE, [name, holder, Math.ceil(lease)]))
  }

  async renew(name: string, holder: string, lease: number): Promise<NamedGrant | undefined> {
    return grantOf(await this.#database.sql.query(RENEW, [name, holder, Math.ceil(lease)]))
  }

  async release(name: string, holder: string): Promise<void> {
    await this.#database.sql.query(RELEASE, [name, holder])
    this.#database.changes.announce('justscale_lock', [encodeURIComponent(name)])
  }

  async changed(name: string, milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const watching = await this.#database.changes.watch('justscale_lock', encodeURIComponent(name), resolve)
    const timer = setTimeout(resolve, Math.min(milliseconds, LONGEST_PAUSE))
    await promise
    clearTimeout(timer)
    await watching.close()
  }
}

/** Milliseconds after which a waiter looks again without having been told to. */
const LONGEST_PAUSE = 250

function grantOf(rows: readonly SqlRow[]): NamedGrant | undefined {
  const [row] = rows
  return row && { fence: BigInt(row.fence as string), expires: Math.floor(Number(row.expires)) }
}

/** Provides `LockService`, with locks that hold on every node of the database. */
export class PostgresLockFeature extends createFeatureBuilder()
  .name('PostgresLockFeature')
  .requires(PostgresClient)
  .provides((app) => app.add(bindService(LockBackend, PgLocks)).add(LockService)) {}
