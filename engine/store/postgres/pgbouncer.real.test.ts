/**
 * Behind PgBouncer in transaction mode: no prepared statements, no session locks, no LISTEN. Everything works by polling
 * and leases. Needs `pgbouncer` on the PATH (Debian: `apt-get install pgbouncer`).
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SqlDatabase } from '../../sql/connection.ts'
import { testDatabase, type TestDatabase } from '../../sql/embedded/index.ts'
import { openPostgres } from '../../sql/postgres-js.ts'
import type { LoadedProcess, SignalEmission } from '../records.ts'
import type { StoreSession } from '../store.ts'
import { PostgresStore } from './postgres-store.ts'
import type { PostgresSession } from './session.ts'
import { bytes, checkpoint, nothing, request } from './test/requests.ts'

const pooler = Bun.which('pgbouncer') ?? Bun.which('/usr/sbin/pgbouncer')
/** Why the cases are skipped, where they are. */
const unlessMissing = test.skipIf(pooler === null)

let database: TestDatabase | undefined
let folder: string
let bouncer: ChildProcess | undefined
let sql: SqlDatabase
let url: string

beforeAll(async () => {
  if (pooler === null) return
  database = await testDatabase()
  const server = new URL(database.url).searchParams.get('host') ?? ''
  const owner = statSync(server)
  folder = mkdtempSync(join(tmpdir(), 'justscale-bouncer-'))
  chmodSync(folder, 0o755)
  chownSync(folder, owner.uid, owner.gid)
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(
    file,
    `[databases]\n* = host=${server} user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = 5432\nauth_type = any
unix_socket_dir = ${folder}\npool_mode = transaction\nmax_client_conn = 200\ndefault_pool_size = 10\nlogfile = ${join(folder, 'log')}\n`,
  )
  chmodSync(file, 0o644)
  const root = process.geteuid?.() === 0
  bouncer = spawn(pooler, ['-q', file], { stdio: 'ignore', ...(root && { uid: owner.uid, gid: owner.gid }) })
  url = `postgres://postgres@localhost/${database.name}?host=${encodeURIComponent(folder)}&pgbouncer=true`
  sql = openPostgres(url)
  await untilAnswers(sql)
})

afterAll(async () => {
  await sql?.close()
  bouncer?.kill('SIGKILL')
  await database?.drop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

async function untilAnswers(client: SqlDatabase): Promise<void> {
  while ((await client.query('select 1 as one').catch(() => [])).length === 0);
}

async function claimOne(session: StoreSession): Promise<LoadedProcess> {
  for (;;) {
    const [claimed] = await session.claim(1, nothing)
    if (claimed) return claimed
  }
}

const emission: SignalEmission = { signal: 's', keys: ['k'], payload: bytes('payload') }

unlessMissing(
  'processes start, commit, signal and join transactions (skipped without pgbouncer)',
  async () => {
    const store = new PostgresStore({ url, sql, namespace: 'bouncer_one' })
    expect(store.capabilities).toEqual({ notify: false, sessions: false, terminate: false })
    await store.migrate()
    const session = await store.connect({ name: 'node', onWake() {}, onLost() {} })
    await store.start([request('/test/1', { subscribe: [{ number: 1, key: 'k' }] }), request('/test/2')])
    const claimed = await session.claim(10, nothing)
    const one = claimed.find(({ record }) => record.path === '/test/1') as LoadedProcess
    const two = claimed.find(({ record }) => record.path === '/test/2') as LoadedProcess
    expect(await session.commit([checkpoint(one), checkpoint(two, { status: 'running' })])).toEqual([
      'accepted',
      'accepted',
    ])
    const lane = await sql.lane()
    await lane.query('begin')
    const next = checkpoint({ ...two, record: { ...two.record, seq: 1 } }, { emit: [emission] })
    await session.commitIn({ kind: 'sql', storage: sql.identity, sql: lane }, next)
    await lane.query('commit')
    lane.release()
    const woken = await claimOne(session)
    expect(woken.record.path).toBe('/test/1')
    const change = store.changed(woken.record.id, 1, new AbortController().signal)
    const end = checkpoint(woken, {
      status: 'completed',
      outcome: bytes('done'),
      consume: woken.inbox.map(({ id }) => id),
    })
    expect(await session.commit([end])).toEqual(['accepted'])
    await change
    expect((await store.find('/test/1'))?.status).toBe('completed')
    await store.close()
  },
  30_000,
)

unlessMissing(
  'a dead node is taken over when its lease ended (skipped without pgbouncer)',
  async () => {
    const store = new PostgresStore({ url, sql, namespace: 'bouncer_two' })
    await store.migrate()
    const first = await store.connect({ name: 'first', lease: 700, onWake() {}, onLost() {} })
    await store.start([request('/test/1')])
    const claimed = await claimOne(first)
    const second = await store.connect({ name: 'second', lease: 700, onWake() {}, onLost() {} })
    await (first as PostgresSession).abandon()
    const again = await claimOne(second)
    expect(again.record).toMatchObject({ path: '/test/1', crashes: 1 })
    expect(await first.commit([checkpoint(claimed)])).toEqual(['fenced'])
    expect(await second.commit([checkpoint(again)])).toEqual(['accepted'])
    await store.close()
  },
  30_000,
)
