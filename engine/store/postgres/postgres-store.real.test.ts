/** What only the Postgres store does: transactions of others, namespaces, large values, what a flush waits for. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { systemClock } from '../../clock/clock.ts'
import { FencedError } from '../../errors.ts'
import type { SqlDatabase, SqlLane } from '../../sql/connection.ts'
import { testDatabase, type TestDatabase } from '../../sql/embedded/index.ts'
import { openPostgres } from '../../sql/postgres-js.ts'
import type { SqlTransaction } from '../../step/transaction.ts'
import type { LoadedProcess, SignalEmission } from '../records.ts'
import type { StoreSession } from '../store.ts'
import { forgetStatement } from './claim.ts'
import { TIMELINE } from './flushed.ts'
import { PostgresStore } from './postgres-store.ts'
import type { PostgresSession } from './session.ts'
import { bytes, checkpoint, nothing, request } from './test/requests.ts'

let database: TestDatabase
let sql: SqlDatabase
let store: PostgresStore
let opened = 0

beforeAll(async () => {
  database = await testDatabase()
  sql = openPostgres(database.url)
  store = await openStore()
})

afterAll(async () => {
  await store?.close()
  await sql?.close()
  await database?.drop()
})

async function openStore(namespace = `store_${++opened}`): Promise<PostgresStore> {
  const opening = new PostgresStore({ url: database.url, sql, namespace })
  await opening.migrate()
  return opening
}

async function withNode(body: (session: StoreSession, store: PostgresStore, schema: string) => Promise<void>) {
  const own = await openStore()
  const session = await own.connect({ name: 'node', onWake() {}, onLost() {} })
  try {
    await body(session, own, `store_${opened}`)
  } finally {
    await own.close()
  }
}

async function transaction(): Promise<{ lane: SqlLane; joinable: SqlTransaction }> {
  const lane = await sql.lane()
  await lane.query('begin')
  return { lane, joinable: { kind: 'sql', storage: sql.identity, sql: lane } }
}

async function claimOne(session: StoreSession): Promise<LoadedProcess> {
  for (;;) {
    const [claimed] = await session.claim(1, nothing)
    if (claimed) return claimed
  }
}

const emission = (key: string, payload = 'payload'): SignalEmission => ({
  signal: 's',
  keys: [key],
  payload: bytes(payload),
})

/** Resolves when some backend waits for a lock. */
async function untilSomebodyWaits(): Promise<void> {
  while ((await sql.query(`select from pg_stat_activity where wait_event_type = 'Lock'`)).length === 0);
}

describe('within a transaction', () => {
  test('a checkpoint commits with it, or not at all', () =>
    withNode(async (session, own) => {
      await own.start([request('/test/1')])
      const claimed = await claimOne(session)
      const first = await transaction()
      await session.commitIn(first.joinable, checkpoint(claimed, { data: bytes('live') }))
      await first.lane.query('rollback')
      first.lane.release()
      expect((await own.find('/test/1'))?.seq).toBe(0)
      const second = await transaction()
      await session.commitIn(second.joinable, checkpoint(claimed, { data: bytes('live') }))
      await second.lane.query('commit')
      second.lane.release()
      expect((await own.find('/test/1'))?.seq).toBe(1)
      expect(await session.claim(10, nothing)).toEqual([])
    }))

  test('a checkpoint that came too late refuses the transaction', () =>
    withNode(async (session, own) => {
      await own.start([request('/test/1')])
      const claimed = await claimOne(session)
      expect(await session.commit([checkpoint(claimed)])).toEqual(['accepted'])
      const { lane, joinable } = await transaction()
      await expect(session.commitIn(joinable, checkpoint(claimed))).rejects.toBeInstanceOf(FencedError)
      lane.release()
    }))

  test('a start and an emit happen with its commit', () =>
    withNode(async (session, own) => {
      await own.start([request('/test/waits', { subscribe: [{ number: 1, key: 'k' }] })])
      await session.commit([checkpoint(await claimOne(session))])
      const { lane, joinable } = await transaction()
      expect(own.accepts(joinable)).toBe(true)
      expect((await own.start([request('/test/new')], joinable))[0]?.created).toBe(true)
      expect(await own.emit([emission('k')], joinable)).toEqual([1])
      expect(await own.find('/test/new')).toBeUndefined()
      expect(await session.claim(10, nothing)).toEqual([])
      await lane.query('commit')
      lane.release()
      const paths = (await session.claim(10, nothing)).map(({ record }) => record.path)
      expect(paths.sort()).toEqual(['/test/new', '/test/waits'])
    }))

  test('an emit is refused where it would miss those that subscribed since the transaction began', () =>
    withNode(async (session, own) => {
      const lane = await sql.lane()
      await lane.query('begin isolation level repeatable read')
      await lane.query('select 1')
      await own.start([request('/test/1', { subscribe: [{ number: 0, key: 'k' }] })])
      const joinable: SqlTransaction = { kind: 'sql', storage: sql.identity, sql: lane }
      await expect(own.emit([emission('k')], joinable)).rejects.toThrow('REPEATABLE READ')
      await lane.query('rollback')
      lane.release()
      expect((await claimOne(session)).inbox).toEqual([])
    }))

  test('a transaction on another database is not joined', () => {
    expect(store.accepts({ kind: 'sql', storage: 'postgres:elsewhere:5432/other', sql })).toBe(false)
    expect(store.accepts({ kind: 'memory', storage: 'memory', onCommit() {} })).toBe(false)
  })

  test('an emit in an open transaction does not miss a process that subscribes meanwhile', () =>
    withNode(async (session, own) => {
      // The process starts in a transaction that is still open when the signal is emitted.
      const starting = await transaction()
      await own.start([request('/test/late', { subscribe: [{ number: 1, key: 'k' }] })], starting.joinable)
      const emitting = own.emit([emission('k')])
      await untilSomebodyWaits()
      await starting.lane.query('commit')
      starting.lane.release()
      expect(await emitting).toEqual([1])
      // And the other way round: the start waits for the emit's transaction, so that it comes after it.
      const open = await transaction()
      expect(await own.emit([emission('later')], open.joinable)).toEqual([0])
      const started = own.start([request('/test/later', { subscribe: [{ number: 1, key: 'later' }] })])
      await untilSomebodyWaits()
      expect(await own.find('/test/later')).toBeUndefined()
      await open.lane.query('commit')
      open.lane.release()
      expect((await started)[0]?.created).toBe(true)
      expect((await claimOne(session)).record.path).toBe('/test/late')
    }))
})

describe('a flush', () => {
  test('is not held up by a checkpoint that meets somebody’s open transaction', () =>
    withNode(async (session, own) => {
      await own.start([request('/test/emits'), request('/test/plain')])
      const claimed = await session.claim(10, nothing)
      const emits = claimed.find(({ record }) => record.path === '/test/emits') as LoadedProcess
      const plain = claimed.find(({ record }) => record.path === '/test/plain') as LoadedProcess
      const open = await transaction()
      await own.start([request('/test/waits', { subscribe: [{ number: 1, key: 'k' }] })], open.joinable)
      const both = session.commit([checkpoint(emits, { emit: [emission('k')] }), checkpoint(plain)])
      while ((await own.find('/test/plain'))?.seq !== 1);
      expect((await own.find('/test/emits'))?.seq).toBe(0)
      await open.lane.query('commit')
      open.lane.release()
      expect(await both).toEqual(['accepted', 'accepted'])
      const waits = await own.find('/test/waits')
      expect((await own.load(waits?.id ?? ''))?.inbox).toHaveLength(1)
    }))

  test('of many checkpoints at once is accepted whole, from several callers too', () =>
    withNode(async (session, own) => {
      const requests = Array.from({ length: 700 }, (_, index) => request(`/test/${index}`))
      await own.start(requests)
      const claimed = await session.claim(1_000, nothing)
      expect(claimed).toHaveLength(700)
      const halves = [claimed.slice(0, 600), claimed.slice(600)]
      const answers = await Promise.all(halves.map((half) => session.commit(half.map((one) => checkpoint(one)))))
      expect(new Set(answers.flat())).toEqual(new Set(['accepted']))
      expect(await own.list({ status: ['waiting'], limit: 1_000 })).toHaveLength(700)
    }))

  test('starts as many processes as there are, in one checkpoint, with more keys than the server has locks for', () =>
    withNode(async (session, own) => {
      await own.start([request('/parent')])
      const parent = await claimOne(session)
      const start = Array.from({ length: 10_000 }, (_, index) =>
        request(`/test/${index}`, { parent: parent.record.id, subscribe: [{ number: 0, key: `k${index}` }] }),
      )
      expect(await session.commit([checkpoint(parent, { start })])).toEqual(['accepted'])
      expect((await own.census()).processes).toEqual({ running: start.length, waiting: 1 })
      expect(await own.emit([emission('k0'), emission('k9999')])).toEqual([1, 1])
    }))

  test('keeps heads and parts of any size, and parts that shrink', () =>
    withNode(async (session, own) => {
      const large = crypto.getRandomValues(new Uint8Array(20_000))
      const head = crypto.getRandomValues(new Uint8Array(9_000))
      await own.start([
        request('/test/1', {
          head,
          parts: new Map([
            [0, large],
            [1, new Uint8Array()],
          ]),
        }),
      ])
      const claimed = await claimOne(session)
      expect(Buffer.compare(claimed.head, head)).toBe(0)
      expect(Buffer.compare(claimed.parts.get(0) ?? bytes(''), large)).toBe(0)
      expect(claimed.parts.get(1)?.length).toBe(0)
      const small = checkpoint(claimed, {
        head: bytes('h'),
        writeParts: new Map([
          [0, bytes('small')],
          [2, large],
        ]),
      })
      await session.commit([small])
      const loaded = await own.load(claimed.record.id)
      expect(loaded?.head.length).toBe(1)
      expect(Buffer.from(loaded?.parts.get(0) ?? []).toString()).toBe('small')
      expect(Buffer.compare(loaded?.parts.get(2) ?? bytes(''), large)).toBe(0)
      expect([...(loaded?.parts.keys() ?? [])]).toEqual([0, 1, 2])
    }))

  test(
    'leaves nothing of an ended process but its record, and a capped timeline',
    () =>
      withNode(async (session, own, schema) => {
        await own.start([
          request('/test/1', { subscribe: [{ number: 1, key: 'k' }], parts: new Map([[0, new Uint8Array(9_000)]]) }),
        ])
        await own.emit([emission('k')])
        let process = await claimOne(session)
        const log = [
          { at: 1, kind: 'step', text: 'a' },
          { at: 2, kind: 'step', text: 'b' },
        ]
        for (let step = 0; step < TIMELINE + 60; step++) {
          await session.commit([checkpoint(process, { log, timers: new Map([[1, 5]]), status: 'running' })])
          process = { ...process, record: { ...process.record, seq: process.record.seq + 1 } }
        }
        const [{ lines } = { lines: 0 }] = await sql.query<{ lines: number }>(
          `select count(*)::int as lines from ${schema}.timeline`,
        )
        expect(lines).toBeLessThanOrEqual((TIMELINE + 50) * 2)
        expect(await own.timeline(process.record.id)).toHaveLength(TIMELINE)
        await session.commit([checkpoint(process, { status: 'completed', outcome: bytes('done') })])
        for (const table of ['process', 'part', 'timer', 'inbox', 'subscription', 'wake']) {
          expect([table, await sql.query(`select from ${schema}.${table}`)]).toEqual([table, []])
        }
        expect(Buffer.from((await own.find('/test/1'))?.outcome ?? []).toString()).toBe('done')
      }),
    20_000,
  )
})

test('two namespaces on one database do not meet, and many nodes may migrate at once', async () => {
  const one = new PostgresStore({ url: database.url, sql, namespace: 'app "one"' })
  const two = new PostgresStore({ url: database.url, sql, namespace: 'app two' })
  await Promise.all([one.migrate(), one.migrate(), two.migrate(), one.migrate()])
  await one.start([request('/test/1', { subscribe: [{ number: 1, key: 'k' }] })])
  expect(await two.find('/test/1')).toBeUndefined()
  expect(await two.emit([emission('k')])).toEqual([0])
  const session = await two.connect({ name: 'two', onWake() {}, onLost() {} })
  expect(session.shards()).toHaveLength(256)
  expect(await session.claim(10, nothing)).toEqual([])
  await one.close()
  await two.close()
})

test('nodes share the shards, and a shard in which a turn runs stays until it is over', () =>
  withNode(async (first, own) => {
    await own.start([request('/test/busy')])
    const claimed = await claimOne(first)
    const second = await own.connect({ name: 'second', onWake() {}, onLost() {} })
    while (second.shards().length < 128) await second.reload(crypto.randomUUID())
    expect(first.shards()).toContain(claimed.record.shard)
    expect(first.shards().length + second.shards().length).toBe(256)
    expect(await first.commit([checkpoint(claimed)])).toEqual(['accepted'])
  }))

test('what a process waits for is there to see in SQL', () =>
  withNode(async (session, own, schema) => {
    await own.start([request('/test/1')])
    const place = { line: 42, waits: ['signal campaign.fullyFunded', 'delay'] }
    await session.commit([checkpoint(await claimOne(session), { place, timers: new Map([[1, 1_700_000_000_000]]) })])
    expect(await sql.query(`select path, status, line, waits, seq from ${schema}.process_view`)).toEqual([
      { path: '/test/1', status: 'waiting', line: 42, waits: place.waits, seq: 1 },
    ])
  }))

describe('the fence', () => {
  test('a node whose fence is gone writes nothing, by flush or within a transaction', () =>
    withNode(async (session, own, schema) => {
      await own.start([request('/test/1')])
      const claimed = await claimOne(session)
      await sql.query(`delete from ${schema}.fence where node = $1::int4`, [session.node])
      const ended = checkpoint(claimed, { status: 'completed', outcome: bytes('x') })
      expect(await session.commit([checkpoint(claimed)])).toEqual(['fenced'])
      expect(await session.commit([ended])).toEqual(['fenced'])
      const { lane, joinable } = await transaction()
      await expect(session.commitIn(joinable, checkpoint(claimed))).rejects.toBeInstanceOf(FencedError)
      lane.release()
      expect(await own.find('/test/1')).toMatchObject({ seq: 0, status: 'running' })
    }))

  test('is held by a flush until it is done', () =>
    withNode(async (session, own, schema) => {
      await own.start([request('/test/1')])
      const claimed = await claimOne(session)
      const { lane } = await transaction()
      await lane.query(`select from ${schema}.process for update`)
      const committing = session.commit([checkpoint(claimed)])
      await untilSomebodyWaits()
      const free = await sql.query(`select from ${schema}.fence where node = $1::int4 for update skip locked`, [
        session.node,
      ])
      const all = await sql.query(`select from ${schema}.fence where node = $1::int4`, [session.node])
      expect(free.length).toBe(all.length - 1)
      await lane.query('commit')
      lane.release()
      expect(await committing).toEqual(['accepted'])
    }))

  test(
    'a takeover waits for what is on its way, and takes the fence away',
    () =>
      withNode(async (session, own, schema) => {
        await own.start([request('/test/1')])
        const claimed = await claimOne(session)
        const { lane, joinable } = await transaction()
        await session.commitIn(joinable, checkpoint(claimed, { status: 'running' }))
        const heir = await own.connect({ name: 'heir', onWake() {}, onLost() {} })
        await (session as PostgresSession).abandon()
        await untilSomebodyWaits()
        expect(await heir.claim(10, nothing)).toEqual([])
        await lane.query('commit')
        lane.release()
        expect((await claimOne(heir)).record).toMatchObject({ seq: 1, crashes: 1 })
        expect(await sql.query(`select distinct node from ${schema}.fence`)).toEqual([{ node: heir.node }])
      }),
    20_000,
  )
})

test('ended processes are forgotten after their retention, and the path is free', () =>
  withNode(async (session, own, schema) => {
    await own.start([request('/test/1'), request('/test/2')])
    for (const process of await session.claim(10, nothing)) {
      const log = [{ at: 1, kind: 'step', text: 'a' }]
      await session.commit([checkpoint(process, { status: 'completed', outcome: bytes('x'), log })])
    }
    await sql.query(
      `update ${schema}.finished set ended_at = 0 where id = (select id from ${schema}.instance where path = '/test/1')`,
    )
    const { text, parameters } = forgetStatement(schema, 60_000)
    await sql.query(text, parameters)
    expect(await own.find('/test/1')).toBeUndefined()
    expect((await own.find('/test/2'))?.status).toBe('completed')
    expect(await sql.query(`select from ${schema}.timeline`)).toHaveLength(1)
    expect((await own.start([request('/test/1')]))[0]?.created).toBe(true)
  }))

test('more that is past its retention than one sweep takes is forgotten by the looks that follow', async () => {
  const schema = `store_${++opened}`
  let looks = 0
  const pulse = 250
  const schedule = (delay: number, wake: () => void) =>
    systemClock.schedule(delay / 50, () => ((looks += delay === pulse ? 1 : 0), wake()))
  const clock = { now: () => systemClock.now(), schedule }
  const own = new PostgresStore({ url: database.url, sql, namespace: schema, clock })
  await own.migrate()
  await own.connect({ name: 'node', lease: 600_000, onWake() {}, onLost() {} })
  await sql.query(`insert into ${schema}.finished (id, ended_at, seq, line, status, crashes, waits)
    select gen_random_uuid(), 0, 1, 1, 3, 0, '[]' from generate_series(1, 3500)`)
  const left = async () =>
    (await sql.query<{ count: number }>(`select count(*)::int4 from ${schema}.finished`))[0]?.count
  while ((await left()) !== 0) await new Promise((resolve) => setImmediate(resolve))
  expect(looks).toBeWithin(40, 80)
  await own.close()
})

describe('a schema', () => {
  test('that was made for a role without the right to make one is used', async () => {
    const guest = `guest_${database.name}`
    await sql.query(`create role ${guest} login; create schema given authorization ${guest}`)
    const url = database.url.replace('postgres@', `${guest}@`)
    expect(url).not.toBe(database.url)
    const own = new PostgresStore({ url, namespace: 'given' })
    await own.migrate()
    const processes = await own.list({})
    await own.close()
    await sql.query(`drop owned by ${guest}; drop role ${guest}`)
    expect(processes).toEqual([])
  })

  test('whose name Postgres would cut off or not take is refused, with what to do', () => {
    for (const namespace of ['', 'ü'.repeat(32), "Bob's shop", 'pg_mine', 'a\0b'])
      expect(() => new PostgresStore({ url: database.url, sql, namespace })).toThrow('option `namespace`')
  })
})

test('a signal in a transaction that does not tell of its commit still wakes its node', async () => {
  const own = await openStore()
  const woken = Promise.withResolvers<void>()
  let armed = false
  const session = await own.connect({ name: 'node', onWake: () => armed && woken.resolve(), onLost() {} })
  await own.start([request('/test/1', { subscribe: [{ number: 1, key: 'k' }] })])
  await session.commit([checkpoint(await claimOne(session))])
  const { lane, joinable } = await transaction()
  await own.emit([emission('k')], joinable)
  armed = true
  await lane.query('commit')
  lane.release()
  await woken.promise
  expect(await session.claim(1, nothing)).toHaveLength(1)
  await own.close()
})
