/** An embedded Postgres with durable settings in a folder of its own, for one bench. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedUrl, startEmbedded } from '../../sql/embedded/index.ts'
import type { SqlDatabase } from '../../sql/connection.ts'
import { openPostgres } from '../../sql/postgres-js.ts'

export interface DurableServer {
  readonly url: string
  /** A client of the bench itself. */
  readonly sql: SqlDatabase
  /** Address of a fresh, empty database. */
  database(name: string): Promise<string>
  stop(): Promise<void>
}

/** `BENCH_DATABASE_URL` names a server to use instead; databases are made on it either way. */
export async function durableServer(): Promise<DurableServer> {
  const given = process.env.BENCH_DATABASE_URL
  const dataDir = mkdtempSync(join(tmpdir(), 'justscale-bench-'))
  chmodSync(dataDir, 0o755)
  const server = given === undefined ? await startEmbedded({ dataDir, durable: true }) : undefined
  const url = given ?? server?.url ?? ''
  const sql = openPostgres(url)
  return {
    url,
    sql,
    async database(name) {
      await sql.query(`drop database if exists ${name} with (force)`)
      await sql.query(`create database ${name}`)
      if (server !== undefined) return embeddedUrl(server.socketDir, name)
      const address = new URL(url)
      address.pathname = `/${name}`
      return String(address)
    },
    async stop() {
      await sql.close()
      await server?.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
