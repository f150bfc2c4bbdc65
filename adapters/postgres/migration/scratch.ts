/** Databases that exist for one comparison. */
import { openPostgres, type SqlDatabase } from '@justscale/engine/sql'
import { quoteName } from '../identifier.ts'

/** Calls `work` with an empty database on the server of `url`, which is dropped afterwards. Needs the right to create databases. */
export async function withScratch<Result>(
  server: SqlDatabase,
  url: string,
  work: (database: SqlDatabase) => Promise<Result>,
): Promise<Result> {
  const name = `justscale_scratch_${Bun.randomUUIDv7().replaceAll('-', '')}`
  await server.query(`create database ${quoteName(name)} template template0`)
  const address = new URL(url)
  address.pathname = `/${name}`
  const database = openPostgres(address.href)
  try {
    return await work(database)
  } finally {
    await database.close()
    await server.query(`drop database if exists ${quoteName(name)} with (force)`)
  }
}
