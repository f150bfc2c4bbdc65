/** A PgBouncer in transaction mode before a test database. `pooler` is `null` where it is not installed. */
import { testDatabase } from '@justscale/engine/embedded'
import { openPostgres } from '@justscale/engine/sql'
import { spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian: `apt-get install pgbouncer`. */
export const pooler = Bun.which('pgbouncer') ?? Bun.which('/usr/sbin/pgbouncer')

export interface BouncedDatabase {
  /** Leads through the pooler. */
  readonly url: string
  drop(): Promise<void>
}

export async function bouncedDatabase(program: string): Promise<BouncedDatabase> {
  const database = await testDatabase()
  const server = new URL(database.url).searchParams.get('host') ?? ''
  const owner = statSync(server)
  const folder = mkdtempSync(join(tmpdir(), 'justscale-bouncer-'))
  chmodSync(folder, 0o755)
  chownSync(folder, owner.uid, owner.gid)
  const file = join(folder, 'pgbouncer.ini')
  const lines = [
    ...['[databases]', `* = host=${server} user=postgres`, '[pgbouncer]', 'listen_addr =', 'listen_port = 5432'],
    ...['auth_type = any', `unix_socket_dir = ${folder}`, 'pool_mode = transaction', 'max_client_conn = 200'],
    ...['default_pool_size = 10', `logfile = ${join(folder, 'log')}`, ''],
  ]
  writeFileSync(file, lines.join('\n'))
  chmodSync(file, 0o644)
  const asOwner = process.geteuid?.() === 0 && { uid: owner.uid, gid: owner.gid }
  const bouncer = spawn(program, ['-q', file], { stdio: 'ignore', ...asOwner })
  const url = `postgres://postgres@localhost/${database.name}?host=${encodeURIComponent(folder)}&pgbouncer=true`
  const probe = openPostgres(url)
  while ((await probe.query('select 1 as one').catch(() => [])).length === 0);
  await probe.close()
  return {
    url,
    drop: async () => {
      bouncer.kill('SIGKILL')
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
