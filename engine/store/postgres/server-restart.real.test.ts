/** The database goes away and comes back: nothing is stranded, and nobody is taken for dead because all were gone. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, startEmbedded } from '../../sql/embedded/index.ts'
import { SqlConnectionError } from '../../sql/errors.ts'
import type { LoadedProcess } from '../records.ts'
import type { StoreSession } from '../store.ts'
import { PostgresStore } from './postgres-store.ts'
import { checkpoint, nothing, request } from './test/requests.ts'

let dataDir: string
const servers: EmbeddedPostgres[] = []
let opened = 0

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'justscale-restart-'))
  chmodSync(dataDir, 0o755)
  await startServer()
}, 30_000)

afterAll(async () => {
  for (const server of servers.reverse()) await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function startServer(): Promise<string> {
  const server = await startEmbedded({ dataDir, durable: false })
  servers.push(server)
  return server.url
}

/** Ends the server as an administrator would, with `pg_ctl stop -m fast`, and waits until it is gone. */
async function stopServer(): Promise<void> {
  const file = join(dataDir, 'data', 'postmaster.pid')
  process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGINT')
  while (await Bun.file(file).exists()) await new Promise((resolve) => setImmediate(resolve))
}

async function claimOne(session: StoreSession): Promise<LoadedProcess> {
  for (;;) {
    const [claimed] = await session.claim(1, nothing)
    if (claimed) return claimed
  }
}

async function untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof SqlConnectionError)) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

test('after a restart the same nodes go on, and nothing was taken over', async () => {
  const url = await startServer()
  const store = new PostgresStore({ url, namespace: `restart_${++opened}` })
  await store.migrate()
  const lost: string[] = []
  const connect = (name: string) =>
    store.connect({ name, lease: 30_000, onWake() {}, onLost: (reason) => void lost.push(`${name}: ${reason}`) })
  const first = await connect('first')
  const second = await connect('second')
  while (second.shards().length < 128) await second.reload(crypto.randomUUID())
  await store.start([request('/test/1', { shard: first.shards()[0] as number })])
  const claimed = await claimOne(first)
  await stopServer()
  await expect(first.commit([checkpoint(claimed)])).rejects.toBeInstanceOf(SqlConnectionError)
  await startServer()
  expect(await untilAnswered(() => first.commit([checkpoint(claimed)]))).toEqual(['accepted'])
  await store.start([request('/test/2', { shard: second.shards()[0] as number })])
  expect((await claimOne(second)).record).toMatchObject({ path: '/test/2', crashes: 0 })
  expect(first.shards().length + second.shards().length).toBe(256)
  expect(lost).toEqual([])
  await store.close()
}, 60_000)

test('after an outage longer than the lease nodes stop by themselves, join again, and continue what they ran', async () => {
  const url = await startServer()
  const store = new PostgresStore({ url, namespace: `restart_${++opened}` })
  await store.migrate()
  const lost = Promise.withResolvers<string>()
  const session = await store.connect({ name: 'first', lease: 1_000, onWake() {}, onLost: lost.resolve })
  await store.start([request('/test/1')])
  const claimed = await claimOne(session)
  await stopServer()
  expect(await lost.promise).toContain('lease')
  await startServer()
  const again = await untilAnswered(() => store.connect({ name: 'again', lease: 1_000, onWake() {}, onLost() {} }))
  expect(await session.commit([checkpoint(claimed)]).catch(() => ['refused'])).not.toEqual(['accepted'])
  const continued = await claimOne(again)
  expect(continued.record).toMatchObject({ path: '/test/1', seq: 0 })
  expect(await again.commit([checkpoint(continued)])).toEqual(['accepted'])
  await store.close()
}, 60_000)
