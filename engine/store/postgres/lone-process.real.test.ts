/** What is written by a function for one process (its start, a signal to it, its end) is what is written for many. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { InboxFullError } from '../../errors.ts'
import type { SqlDatabase, SqlLane, SqlRow } from '../../sql/connection.ts'
import { testDatabase, type TestDatabase } from '../../sql/embedded/index.ts'
import { openPostgres } from '../../sql/postgres-js.ts'
import type { SqlTransaction } from '../../step/transaction.ts'
import type { Checkpoint, LoadedProcess, SignalEmission, StartRequest } from '../records.ts'
import type { StoreSession } from '../store.ts'
import { plainEmission } from './plain-emission.ts'
import { plainEnd } from './plain-end.ts'
import { plainStart } from './plain-start.ts'
import { PostgresStore } from './postgres-store.ts'
import { bytes, checkpoint, nothing, request } from './test/requests.ts'

let database: TestDatabase
let sql: SqlDatabase
let store: PostgresStore
let session: StoreSession
let paths = 0

beforeAll(async () => {
  database = await testDatabase()
  sql = openPostgres(database.url)
  store = new PostgresStore({ url: database.url, sql, namespace: 'lone' })
  await store.migrate()
  session = await store.connect({ name: 'node', onWake() {}, onLost() {} })
  await session.start([mine()])
})

afterAll(async () => {
  await store?.close()
  await sql?.close()
  await database?.drop()
})

/** Of a kind that the session knows after the first. */
function mine(options: Partial<StartRequest> = {}): StartRequest {
  return request(`/lone/${++paths}`, { shard: session.shards()[0] as number, parts: new Map(), ...options })
}

const listening = (key: string, options: Partial<StartRequest> = {}) =>
  mine({ subscribe: [{ number: 1, key }], ...options })

const signal = (key: string, options: Partial<SignalEmission> = {}): SignalEmission => ({
  signal: 's',
  keys: [key],
  payload: bytes(`to ${key}`),
  ...options,
})

async function started(...requests: readonly StartRequest[]): Promise<readonly LoadedProcess[]> {
  const results = await session.start(requests)
  return results.map(({ process }) => process as LoadedProcess)
}

/** A process that rests and waits for the key. */
async function resting(key: string, options: Partial<Checkpoint> = {}): Promise<LoadedProcess> {
  const [process] = await started(listening(key))
  const { record } = process as LoadedProcess
  expect(await session.commit([checkpoint(process as LoadedProcess, options)])).toEqual(['accepted'])
  return { ...(process as LoadedProcess), record: { ...record, seq: 1 } }
}

const ended = (process: LoadedProcess, options: Partial<Checkpoint> = {}): Checkpoint => {
  const outcome = options.outcome ?? bytes('"done"')
  const emit = [{ signal: 'process', keys: [`end of ${process.record.path}`], payload: outcome }]
  const place = { line: 0, waits: [] }
  return checkpoint(process, { status: 'completed', head: new Uint8Array(), outcome, emit, place, ...options })
}

/** Rows of processes in one table, without what is different in each. */
async function rowsOf(table: string, column: string, ids: readonly string[]): Promise<readonly (readonly SqlRow[])[]> {
  return Promise.all(
    ids.map(async (id) => {
      const rows = await sql.query(`select t.* from lone.${table} t where t.${column} = $1::uuid order by t::text`, [
        id,
      ])
      return rows.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !DIFFERENT.includes(`${table}.${name}`))),
      )
    }),
  )
}
function without(row: object, names: readonly string[]): SqlRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))
}

const DIFFERENT = [
  'instance.id',
  'instance.path',
  'instance.started_at',
  'process.id',
  'wake.at',
  'wake.process',
].concat(
  ['subscription.process', 'subscription.key', 'inbox.process', 'inbox.id', 'inbox.at', 'finished.id'],
  ['finished.ended_at', 'timeline.process'],
)

const idOf = ({ record }: LoadedProcess) => record.id

async function open(): Promise<{ lane: SqlLane; joinable: SqlTransaction }> {
  const lane = await sql.lane()
  await lane.query('begin')
  return { lane, joinable: { kind: 'sql', storage: sql.identity, sql: lane } }
}

/** Resolves when some backend waits for a lock. */
async function untilSomebodyWaits(): Promise<void> {
  while ((await sql.query(`select from pg_stat_activity where wait_event_type = 'Lock'`)).length === 0);
}

test('which they are written by', () => {
  const one = listening('k')
  const start = (given: StartRequest, kind: number | null = 1) => plainStart('lone', [given], true, kind) !== undefined
  expect(start(one)).toBe(true)
  expect(start(one, null)).toBe(false)
  expect(start({ ...one, parts: new Map([[1, bytes('part')]]) })).toBe(false)
  expect(start({ ...one, head: bytes('x'.repeat(4_000)) })).toBe(false)
  const claim = { node: 1, limit: 1, running: [] }
  const emission = (...signals: readonly SignalEmission[]) => plainEmission('lone', signals, claim) !== undefined
  expect(emission(signal('k'))).toBe(true)
  expect(emission(signal('k', { limit: 5 }))).toBe(true)
  expect(emission(signal('k', { limit: 0 }))).toBe(false)
  expect(emission(signal('k'), signal('l'))).toBe(false)
  const process = { record: { id: '1', path: '/p', shard: 1, seq: 3 } } as LoadedProcess
  const end = (options: Partial<Checkpoint> = {}) => {
    const rows = { part: false, timer: false, subscription: false }
    return plainEnd('lone', { node: 1, lane: 0 }, [{ checkpoint: ended(process, options), marked: true, rows }], '')
  }
  expect(end()).toBeDefined()
  expect(end({ log: [{ at: 1, kind: 'step', text: 'pay' }], wakes: ['1'], consume: ['1'] })).toBeDefined()
  const more: Partial<Checkpoint>[] = [
    { status: 'failed' },
    { emit: [] },
    { emit: [{ signal: 'process', keys: ['k'], payload: bytes('other') }] },
    { start: [mine()] },
    { data: bytes('live') },
    { place: { line: 3, waits: [] } },
    { seq: 250 },
  ]
  expect(more.filter((options) => end(options) !== undefined)).toEqual([])
})

test('a start', async () => {
  const heads = [bytes('{"text":"plain"}'), bytes('{"text":"größer"}'), new Uint8Array([0, 255, 92, 120])]
  for (const head of heads) {
    const place = { line: 7, waits: ['signal "x"'] }
    const parent = Bun.randomUUIDv7()
    const like = (key: string) => listening(`${key} ${head.length}`, { head, place, parent })
    const [alone] = await started(like('a'))
    const [one, other] = await started(like('b'), like('c'))
    const all = [alone, one, other] as LoadedProcess[]
    for (const [table, column] of [
      ['instance', 'id'],
      ['process', 'id'],
      ['wake', 'process'],
      ['subscription', 'process'],
    ] as const) {
      const [written, ...rest] = await rowsOf(table, column, all.map(idOf))
      expect(written).toHaveLength(1)
      expect(rest).toEqual([written, written] as never)
    }
    const record = (process: LoadedProcess) => without(process.record, ['id', 'path', 'startedAt'])
    expect(record(alone as LoadedProcess)).toEqual(record(one as LoadedProcess))
    expect(Math.abs((alone?.record.startedAt ?? 0) - (one?.record.startedAt ?? 0))).toBeLessThan(60_000)
  }
})

test('a start of what is there already', async () => {
  const first = listening('taken')
  const [process] = await started(first)
  const [again] = await session.start([listening('taken', { path: first.path })])
  expect(again).toEqual({ id: idOf(process as LoadedProcess), created: false, shard: first.shard as number })
  expect(await sql.query(`select from lone.subscription where key = 'taken'`)).toHaveLength(1)
})

test('a signal to a process that rests', async () => {
  const payloads = [bytes('"plain"'), bytes('"größer"'), new Uint8Array([0, 255, 92])]
  for (const payload of payloads) {
    const timers = new Map([[4, 9_000_000_000_000]])
    const key = (name: string) => `${name} ${payload.length}`
    const [alone, one, other] = await Promise.all(['a', 'b', 'c'].map((name) => resting(key(name), { timers })))
    const emit = async (...names: readonly string[]) => {
      const signals = names.map((name) => signal(key(name), { payload, limit: 10 }))
      return (await session.emit(signals, 10, new Set())).claimed
    }
    const [reached] = await emit('a')
    const general = (await emit('b', 'c')).find(({ record }) => record.id === one?.record.id)
    const same = (process: LoadedProcess) => ({
      ...process,
      record: without(process.record, ['id', 'path', 'startedAt']),
      inbox: process.inbox.map((entry) => without(entry, ['id', 'at'])),
      wakes: process.wakes.length,
    })
    expect(reached?.inbox).toHaveLength(1)
    expect(same(reached as LoadedProcess)).toEqual(same(general as LoadedProcess))
    for (const table of ['wake', 'inbox']) {
      const ids = [alone, one, other].map((process) => idOf(process as LoadedProcess))
      const found = await rowsOf(table, 'process', ids)
      const [written, ...rest] = found.map((rows) => rows.map((row) => without(row, ['id'])))
      expect(written).toHaveLength(1)
      expect(rest).toEqual([written, written] as never)
    }
    const [entry] = reached?.inbox ?? []
    const [row] = await sql.query(`select id::text, at::float8 as at from lone.inbox where process = $1::uuid`, [
      reached?.record.id as string,
    ])
    expect(row).toEqual({ id: entry?.id, at: entry?.at } as never)
    const [wake] = await sql.query(`select id::text from lone.wake where process = $1::uuid`, [
      reached?.record.id as string,
    ])
    expect(reached?.wakes).toEqual([wake?.id as string])
  }
})

test('a signal to a process in whose inbox something lies, with values of its own', async () => {
  const process = await resting('more', { writeParts: new Map([[3, bytes('part')]]) })
  await store.emit([signal('more', { payload: bytes('first') })])
  const { claimed } = await session.emit([signal('more', { payload: bytes('second') })], 10, new Set())
  const text = ({ payload }: { payload: Uint8Array }) => new TextDecoder().decode(payload)
  expect(claimed.map(({ inbox }) => inbox.map(text))).toEqual([['first', 'second']])
  expect(claimed[0]?.wakes).toHaveLength(2)
  expect(claimed[0]?.parts).toEqual(new Map([[3, bytes('part')]]))
  expect(idOf(claimed[0] as LoadedProcess)).toBe(idOf(process))
})

test('a signal to a process that rests and has left something in its inbox, or has a large value', async () => {
  const text = ({ payload }: { payload: Uint8Array }) => new TextDecoder().decode(payload)
  await resting('left')
  const reach = async (key: string, payload: string) =>
    (await session.emit([signal(key, { payload: bytes(payload) })], 10, new Set())).claimed[0] as LoadedProcess
  const first = await reach('left', 'first')
  expect(await session.commit([checkpoint(first, { wakes: first.wakes })])).toEqual(['accepted'])
  expect((await reach('left', 'second')).inbox.map(text)).toEqual(['first', 'second'])
  await resting('large', { writeParts: new Map([[3, bytes('part')]]) })
  expect((await reach('large', 'third')).parts).toEqual(new Map([[3, bytes('part')]]))
  // What woke it and was not seen yet is seen with the signal, and done with when that is.
  const woken = await resting('woken')
  await sql.query(`insert into lone.wake (shard, process, id) values ($1::int2, $2::uuid, 77)`, [
    woken.record.shard,
    idOf(woken),
  ])
  expect((await reach('woken', 'fourth')).wakes).toHaveLength(2)
})

test('a signal to nobody, to several, to one that has no turn now, and to a full inbox', async () => {
  const emit = (one: SignalEmission, limit = 10, running = nothing) => session.emit([one], limit, running)
  expect(await emit(signal('nobody'))).toEqual({ counts: [0], claimed: [] })
  await resting('both')
  await resting('both')
  expect((await emit(signal('both'))).claimed).toHaveLength(2)
  const waits = async (key: string, options?: Partial<Checkpoint>) => idOf(await resting(key, options))
  const marks = (id: string) => sql.query(`select claimed from lone.wake where process = $1::uuid`, [id])
  const paused = await waits('paused', { status: 'paused' })
  expect(await emit(signal('paused'))).toEqual({ counts: [1], claimed: [] })
  const present = await waits('present')
  expect(await emit(signal('present'), 10, new Set([present]))).toEqual({ counts: [1], claimed: [] })
  const crowd = await waits('crowd')
  expect(await emit(signal('crowd'), 0)).toEqual({ counts: [1], claimed: [] })
  const elsewhere = await waits('elsewhere')
  await sql.query(`update lone.shard set node = -1 where id = $1::int2`, [session.shards()[0] as number])
  expect(await emit(signal('elsewhere'))).toEqual({ counts: [1], claimed: [] })
  await sql.query(`update lone.shard set node = $1::int4 where node = -1`, [session.node])
  for (const id of [paused, present, crowd, elsewhere]) expect(await marks(id)).toEqual([{ claimed: false }])
  await expect(emit(signal('crowd', { limit: 1 }))).rejects.toBeInstanceOf(InboxFullError)
  expect(await marks(crowd)).toHaveLength(1)
  expect((await emit(signal('crowd', { limit: 2 }))).claimed).toHaveLength(1)
})

test('an end', async () => {
  const outcomes = [bytes('"plain"'), bytes('"größer"'), new Uint8Array([0, 255, 92])]
  for (const outcome of outcomes) {
    const log = [{ at: 5, kind: 'step', text: `pay ${outcome.length}` }]
    const like = async (key: string) =>
      resting(`${key} ${outcome.length}`, {
        status: 'running',
        writeParts: new Map([[3, bytes('part')]]),
        timers: new Map([[4, 9_000_000_000_000]]),
        data: bytes('published'),
      })
    const [alone, one, other] = [await like('x'), await like('y'), await like('z')]
    for (const process of [alone, one, other]) await store.control(idOf(process), { kind: 'pause' })
    expect(await session.commit([ended(alone, { outcome, log })])).toEqual(['accepted'])
    expect(await session.commit([ended(one, { outcome, log }), ended(other, { outcome, log })])).toHaveLength(2)
    const ids = [alone, one, other].map(idOf)
    for (const [table, column] of [
      ['finished', 'id'],
      ['timeline', 'process'],
    ] as const) {
      const [written, ...rest] = await rowsOf(table, column, ids)
      expect(written).toHaveLength(1)
      expect(rest).toEqual([written, written] as never)
    }
    for (const table of ['part', 'timer', 'subscription', 'inbox', 'wake'])
      expect(await rowsOf(table, 'process', ids)).toEqual([[], [], []])
    expect(await rowsOf('process', 'id', ids)).toEqual([[], [], []])
  }
})

test('an end is told to those who wait for it', async () => {
  const process = await resting('whole')
  const waiter = await resting(`end of ${process.record.path}`)
  expect(await session.commit([ended(process)])).toEqual(['accepted'])
  const told = await session.reload(idOf(waiter))
  expect(told?.wakes).toHaveLength(1)
  expect(told?.inbox.map(({ via, payload }) => [via, payload])).toEqual([[1, bytes('"done"')]])
})

test('an end of what moved on, or by a node without its fence, is refused and writes nothing', async () => {
  const process = await resting('late')
  const late = { ...process, record: { ...process.record, seq: 0 } }
  const own = new PostgresStore({ url: database.url, sql, namespace: 'fenceless' })
  await own.migrate()
  const node = await own.connect({ name: 'node', onWake() {}, onLost() {} })
  const [other] = await node.start([request('/fenceless', { shard: node.shards()[0] as number })])
  await sql.query(`delete from fenceless.fence where node = $1::int4`, [node.node])
  expect(await session.commit([ended(late)])).toEqual(['fenced'])
  expect(await node.commit([ended(other?.process as LoadedProcess)])).toEqual(['fenced'])
  expect(await sql.query(`select from fenceless.process`)).toHaveLength(1)
  expect(await sql.query(`select from fenceless.finished`)).toEqual([])
  expect(await rowsOf('finished', 'id', [idOf(process)])).toEqual([[]])
  expect(await rowsOf('subscription', 'process', [idOf(process)])).not.toEqual([[]])
  await own.close()
})

test('signals, ends and subscriptions wait for one another', async () => {
  const process = await resting('told')
  for (const [key, write] of [
    ['meanwhile', () => session.emit([signal('meanwhile')], 10, new Set()).then(({ counts }) => counts[0] === 1)],
    [`end of ${process.record.path}`, () => session.commit([ended(process)]).then(() => true)],
  ] as const) {
    const { lane, joinable } = await open()
    const [late] = await store.start([listening(key)], joinable)
    const written = write()
    await untilSomebodyWaits()
    await lane.query('commit')
    lane.release()
    expect(await written).toBe(true)
    expect((await session.reload(late?.id as string))?.inbox).toHaveLength(1)
  }
  // A start waits for an emission that is not committed: it comes after it.
  const { lane, joinable } = await open()
  expect(await store.emit([signal('before')], joinable)).toEqual([0])
  const starting = session.start([listening('before')])
  await untilSomebodyWaits()
  expect(await sql.query(`select from lone.subscription where key = 'before'`)).toEqual([])
  await lane.query('commit')
  lane.release()
  expect((await starting)[0]?.created).toBe(true)
})
