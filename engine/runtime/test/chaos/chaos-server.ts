/** A Postgres of its own that things happen to: connections ended, restarted, away for a while; and a pooler before it. */
import { spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '@justscale/engine/embedded'
import { openPostgres, type SqlDatabase } from '@justscale/engine/sql'

export const pooler = Bun.which('pgbouncer') ?? Bun.which('/usr/sbin/pgbouncer')

export interface ChaosServer {
  readonly url: string
  /** Through PgBouncer in transaction mode. */
  pooled(): Promise<string>
  /** The client of the test, which is spared when connections are ended. */
  readonly sql: SqlDatabase
  /** Ends every connection but the test's. */
  terminate(): Promise<void>
  /** Stops the server, leaves it stopped for `away` milliseconds, and starts it again. */
  restart(away: number): Promise<void>
  stop(): Promise<void>
}

export async function chaosServer(): Promise<ChaosServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'justscale-chaos-'))
  chmodSync(dataDir, 0o755)
  const server = await startEmbedded({ dataDir, durable: false })
  const spared = 'chaos test'
  const sql = openPostgres(server.url, { applicationName: spared })
  const folders: string[] = [dataDir]
  const poolers: ReturnType<typeof spawn>[] = []
  return {
    url: server.url,
    sql,
    async pooled() {
      const folder = mkdtempSync(join(tmpdir(), 'justscale-chaos-pool-'))
      folders.push(folder)
      const owner = statSync(server.socketDir)
      chmodSync(folder, 0o755)
      chownSync(folder, owner.uid, owner.gid)
      const file = join(folder, 'pgbouncer.ini')
      const settings = `[databases]\n* = host=${server.socketDir} user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = 5432
auth_type = any\nunix_socket_dir = ${folder}\npool_mode = transaction\nmax_client_conn = 300\ndefault_pool_size = 20\n`
      writeFileSync(file, settings)
      chmodSync(file, 0o644)
      const asOwner = process.geteuid?.() === 0 ? { uid: owner.uid, gid: owner.gid } : {}
      poolers.push(spawn(pooler ?? '', ['-q', file], { stdio: 'ignore', ...asOwner }))
      const database = new URL(server.url).pathname
      const url = `postgres://postgres@localhost${database}?host=${encodeURIComponent(folder)}&pgbouncer=true`
      const through = openPostgres(url)
      while ((await through.query('select 1 as one').catch(() => [])).length === 0);
      await through.close()
      return url
    },
    async terminate() {
      await sql.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and application_name <> $1::text`,
        [spared],
      )
    },
    async restart(away) {
      const file = join(dataDir, 'data', 'postmaster.pid')
      process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGINT')
      while (await Bun.file(file).exists()) await new Promise((resolve) => setImmediate(resolve))
      await Bun.sleep(away)
      await server.revive()
      while ((await sql.query('select 1 as one').catch(() => [])).length === 0);
    },
    async stop() {
      for (const each of poolers) each.kill('SIGKILL')
      await sql.close()
      await server.stop()
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    },
  }
}
