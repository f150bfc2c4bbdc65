/** The statement for a lone checkpoint in the middle of a turn keeps the promises of the one for all others. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { SqlDatabase } from '../../sql/connection.ts'
import { testDatabase, type TestDatabase } from '../../sql/embedded/index.ts'
import { openPostgres } from '../../sql/postgres-js.ts'
import type { Bytes } from '../../value/text-bytes.ts'
import type { Checkpoint, LoadedProcess } from '../records.ts'
import type { StoreSession } from '../store.ts'
import { flushStatement } from './flush.ts'
import { plainFlush } from './plain-flush.ts'
import { PostgresStore } from './postgres-store.ts'
import { bytes, checkpoint, request } from './test/requests.ts'

let database: TestDatabase
let sql: SqlDatabase
let store: PostgresStore
let session: StoreSession

beforeAll(async () => {
  database = await testDatabase()
  sql = openPostgres(database.url)
  store = new PostgresStore({ url: database.url, sql, namespace: 'plain' })
  await store.migrate()
  session = await store.connect({ name: 'node', onWake() {}, onLost() {} })
})

afterAll(async () => {
  await store?.close()
  await sql?.close()
  await database?.drop()
})

let paths = 0

/** A process in its first turn, as it is when a node starts it for itself. */
async function started(head: Bytes = bytes('head 0')): Promise<LoadedProcess> {
  const [shard = 0] = session.shards()
  const [result] = await session.start([request(`/test/${++paths}`, { shard, parts: new Map(), head })])
  return result?.process as LoadedProcess
}

const inTurn = (process: LoadedProcess, options: Partial<Checkpoint> = {}) =>
  checkpoint(process, { status: 'running', place: { line: 3, waits: ['step "pay"'] }, ...options })

const none = { part: false, timer: false, subscription: false }

test('it is what a step in the middle of a turn is written with, and nothing else is', async () => {
  const process = await started()
  const plain = (given: Checkpoint, marked = true) =>
    plainFlush('plain', { node: 1, lane: 0 }, [{ checkpoint: given, marked, rows: none }]) !== undefined
  expect(plain(inTurn(process))).toBe(true)
  expect(plain(inTurn(process), false)).toBe(false)
  const more: Partial<Checkpoint>[] = [
    { status: 'waiting' },
    { writeParts: new Map([[1, bytes('part')]]) },
    { dropParts: [1] },
    { consume: ['1'] },
    { wakes: ['7'] },
    { timers: new Map([[1, 5]]) },
    { subscribe: [{ number: 1, key: 'k' }] },
    { unsubscribe: [1] },
    { start: [request('/test/child')] },
    { emit: [{ signal: 's', keys: [], payload: bytes('') }] },
    { data: bytes('live') },
    { outcome: bytes('outcome') },
    { log: [{ at: 1, kind: 'step', text: 'pay' }] },
    { head: bytes('x'.repeat(4_000)) },
    { seq: 250 },
  ]
  expect(more.filter((options) => plain(inTurn(process, options)))).toEqual([])
})

test('it leaves the row that the general statement leaves', async () => {
  const heads = [bytes('{"text":"plain"}'), bytes('{"text":"größer"}'), new Uint8Array([0, 255, 92, 120])]
  const lane = await sql.lane()
  const row = (id: string) =>
    sql.query(`select seq, status, line, waits, crashes, head_chunks, head from plain.process where id = $1::uuid`, [
      id,
    ])
  for (const head of heads) {
    const [one, other] = [await started(), await started()]
    expect(await session.commit([inTurn(one, { head })])).toEqual(['accepted'])
    const flushed = { checkpoint: inTurn(other, { head }), marked: true, rows: none }
    const { text, parameters } = flushStatement('plain', { node: session.node, lane: 0 }, [flushed])
    await lane.query(text, parameters)
    const [written] = await row(one.record.id)
    expect(written).toEqual((await row(other.record.id))[0] as never)
    expect(written).toMatchObject({ seq: 1, status: 0, line: 3, waits: '["step \\"pay\\""]', crashes: 0 })
  }
  lane.release()
})

test('what moved on, and a node without its fence, is refused', async () => {
  const process = await started()
  expect(await session.commit([inTurn(process)])).toEqual(['accepted'])
  expect(await session.commit([inTurn(process)])).toEqual(['fenced'])
  await sql.query(`delete from plain.fence where node = $1::int4`, [session.node])
  const { record } = process
  expect(await session.commit([inTurn({ ...process, record: { ...record, seq: 1 } })])).toEqual(['fenced'])
})

test('rows that a process got on the way are gone with it, also when it was started here', async () => {
  const own = new PostgresStore({ url: database.url, sql, namespace: 'rows' })
  await own.migrate()
  const node = await own.connect({ name: 'node', onWake() {}, onLost() {} })
  const [shard = 0] = node.shards()
  const [result] = await node.start([request('/test/rows', { shard, parts: new Map() })])
  const process = result?.process as LoadedProcess
  const next = (seq: number, options: Partial<Checkpoint>) =>
    node.commit([inTurn({ ...process, record: { ...process.record, seq } }, options)])
  await next(0, { writeParts: new Map([[4, bytes('part')]]) })
  await next(1, { timers: new Map([[1, Date.now() + 60_000]]) })
  await next(2, { subscribe: [{ number: 1, key: 'k' }] })
  expect(await next(3, { status: 'completed', head: new Uint8Array(), outcome: bytes('done') })).toEqual(['accepted'])
  const left = await sql.query(`select process from rows.part union all select process from rows.timer
    union all select process from rows.subscription union all select process from rows.inbox
    union all select process from rows.wake`)
  expect(left).toEqual([])
  await own.close()
})
