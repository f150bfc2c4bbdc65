/** Shards change hands while nodes claim: what a claim brings is still its node's, and nobody else's. */
import { expect, test } from 'bun:test'
import { testDatabase } from '../../sql/embedded/index.ts'
import { openPostgres } from '../../sql/postgres-js.ts'
import type { StoreSession } from '../store.ts'
import { PostgresStore } from './postgres-store.ts'
import { request } from './test/requests.ts'

const PROCESSES = 256

test('a process is claimed by one node only, however shards are handed over meanwhile', async () => {
  const database = await testDatabase()
  const sql = openPostgres(database.url)
  try {
    for (let round = 0; round < 6; round++) {
      const store = new PostgresStore({ url: database.url, sql, namespace: `hand_over_${round}` })
      await store.migrate()
      const connect = (name: string) => store.connect({ name, onWake() {}, onLost() {} })
      const first = await connect('first')
      await store.start(Array.from({ length: PROCESSES }, (_, shard) => request(`/test/${shard}`, { shard })))
      const claimed = new Map<string, StoreSession>()
      const strangers: string[] = []
      const claimSome = async (session: StoreSession) => {
        const running = new Set([...claimed].filter(([, owner]) => owner === session).map(([id]) => id))
        for (const { record } of await session.claim(5, running)) {
          if (claimed.has(record.id)) strangers.push(`${record.path} was claimed twice`)
          if (!session.shards().includes(record.shard)) strangers.push(`${record.path} is in another node's shard`)
          claimed.set(record.id, session)
        }
      }
      const joining = connect('second')
      for (let turn = 0; turn < 20; turn++) await claimSome(first)
      const second = await joining
      while (claimed.size < PROCESSES) await Promise.all([claimSome(first), claimSome(second)])
      expect(strangers).toEqual([])
      expect(await first.claim(1, new Set(claimed.keys()))).toEqual([])
      await store.close()
      await first.leave()
      await second.leave()
    }
  } finally {
    await sql.close()
    await database.drop()
  }
}, 60_000)

test('what a node cannot run goes to another one, although both have their share', async () => {
  const database = await testDatabase()
  const sql = openPostgres(database.url)
  try {
    const store = new PostgresStore({ url: database.url, sql, namespace: 'passed_on' })
    await store.migrate()
    const connect = (name: string) => store.connect({ name, onWake() {}, onLost() {} })
    const [first, second] = [await connect('first'), await connect('second')]
    const shared = () => first.shards().length > 0 && first.shards().length === second.shards().length
    while (!shared()) await Bun.sleep(20)
    const [shard] = first.shards()
    await store.start([request('/test/1', { shard: shard as number })])
    const [claimed] = await first.claim(1, new Set())
    const id = claimed?.record.id as string
    await first.release(id)
    let taken = await second.claim(1, new Set())
    while (taken.length === 0) {
      await Bun.sleep(20)
      taken = await second.claim(1, new Set())
    }
    expect(taken[0]?.record).toMatchObject({ id, crashes: 0 })
    expect(first.shards()).not.toContain(shard)
    await first.leave()
    await second.leave()
    await store.close()
  } finally {
    await sql.close()
    await database.drop()
  }
}, 30_000)
