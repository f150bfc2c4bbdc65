import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { SqlDatabase } from './connection.ts'
import { sqlArray } from './connection.ts'
import { testDatabase, type TestDatabase } from './embedded/index.ts'
import { SqlConnectionError, SqlPoolTimeoutError, SqlStatementError } from './errors.ts'
import { openPostgres } from './postgres-js.ts'

let database: TestDatabase
let sql: SqlDatabase

beforeAll(async () => {
  database = await testDatabase()
  sql = openPostgres(database.url)
  await sql.query('create table item (id int primary key, name text not null constraint named check (name <> $$$$))')
})

afterAll(async () => {
  await sql?.close()
  await database?.drop()
})

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('the defaults of a database do not change what is read, nor what is seen', async () => {
  const own = await testDatabase()
  const admin = openPostgres(own.url)
  for (const setting of [
    `bytea_output = 'escape'`,
    'extra_float_digits = -10',
    `default_transaction_isolation = 'serializable'`,
  ])
    await admin.query(`alter database ${own.name} set ${setting}`)
  await admin.close()
  const other = openPostgres(own.url)
  const [row] = await other.query(
    `select '\\x00ff01'::bytea as bytes, 1763700000123::float8 as at, current_setting('transaction_isolation') as level`,
  )
  expect(row).toEqual({ bytes: Buffer.from([0, 255, 1]), at: 1_763_700_000_123, level: 'read committed' })
  await other.close()
  await own.drop()
})

describe('values', () => {
  test('come back as documented', async () => {
    const [row] = await sql.query(
      `select $1::int8 as big, $2::int4 as small, $3::text as text, $4::bool as yes, $5::bytea as bytes,
        $6::jsonb as json, $7::timestamptz at time zone 'utc' as at, $8::numeric as exact, $9::text as nothing,
        to_json($10::text[]) as list`,
      [
        2n ** 62n,
        -7,
        'a\\b"c',
        true,
        new Uint8Array([0, 255, 1]),
        '{"a":[1,"x"]}',
        '2026-11-21T04:05:06.123456Z',
        '12345678901234567890.5',
        null,
        sqlArray(['a"b\\c', null, 'd,e']),
      ],
    )
    expect(row).toEqual({
      big: '4611686018427387904',
      small: -7,
      text: 'a\\b"c',
      yes: true,
      bytes: Buffer.from([0, 255, 1]),
      json: { a: [1, 'x'] },
      at: '2026-11-21 04:05:06.123456',
      exact: '12345678901234567890.5',
      nothing: null,
      list: ['a"b\\c', null, 'd,e'],
    })
  })

  test('undefined is refused before anything is sent', async () => {
    expect(await rejection(sql.query('select $1::text', [undefined as unknown as null]))).toBeInstanceOf(TypeError)
  })
})

describe('errors', () => {
  test('a refused statement says which constraint of which table', async () => {
    const error = await rejection(sql.query(`insert into item values ($1::int, $2::text)`, [1, '']))
    expect(error).toBeInstanceOf(SqlStatementError)
    expect(error).toMatchObject({ code: '23514', constraint: 'named', table: 'item', schema: 'public' })
  })

  test('a server that is not there is a connection error naming the address without the password', async () => {
    const nowhere = openPostgres('postgres://someone:secret@127.0.0.1:1/none')
    const error = await rejection(nowhere.query('select 1'))
    expect(error).toBeInstanceOf(SqlConnectionError)
    expect(String(error)).toContain('postgres://someone@localhost:1/none')
    expect(String(error)).not.toContain('secret')
    expect(error).toMatchObject({ hint: expect.stringContaining('server runs'), cause: { code: 'ECONNREFUSED' } })
    await nowhere.close()
  })

  test('a database that does not exist is a connection error', async () => {
    const url = database.url.replace(database.name, 'no_such_database')
    const nowhere = openPostgres(url)
    const error = await rejection(nowhere.query('select 1'))
    expect(error).toBeInstanceOf(SqlConnectionError)
    expect(error).toMatchObject({ sqlState: '3D000', sent: 'no', hint: expect.stringContaining('createdb') })
    expect(error).not.toHaveProperty('cause')
    await nowhere.close()
  })
})

describe('lanes', () => {
  test('commit and roll back', async () => {
    const lane = await sql.lane()
    await lane.pipeline([{ text: 'begin' }, { text: `insert into item values (10, 'a')` }, { text: 'rollback' }])
    await lane.query('begin')
    await lane.query('insert into item values ($1::int, $2::text)', [11, 'b'])
    await lane.query('commit')
    lane.release()
    expect(await sql.query('select id from item where id in (10, 11)')).toEqual([{ id: 11 }])
  })

  test('commit of a failed transaction rejects', async () => {
    const lane = await sql.lane()
    await lane.query('begin')
    await rejection(lane.query('select 1/0'))
    expect(await rejection(lane.query('commit'))).toMatchObject({ code: '25P02' })
    lane.release()
  })

  test('a lane given back inside a transaction is closed, not lent again', async () => {
    const lane = await sql.lane()
    const backend = lane.backend
    await lane.query('begin')
    await lane.query(`insert into item values (20, 'x')`)
    lane.release()
    const next = await sql.lane()
    expect(next.backend).not.toBe(backend)
    next.release()
    expect(await sql.query('select 1 from item where id = 20')).toEqual([])
  })

  test('one that is idle and healthy is lent again', async () => {
    const lane = await sql.lane()
    const backend = lane.backend
    lane.release()
    const next = await sql.lane()
    expect(next.backend).toBe(backend)
    next.release()
  })

  test('after its connection died in a transaction it takes nothing more, and nothing runs elsewhere', async () => {
    const lane = await sql.lane()
    await lane.query('begin')
    await lane.query('insert into item values ($1::int, $2::text)', [30, 'x'])
    const sleeping = rejection(lane.query('select pg_sleep(30)'))
    const queued = rejection(lane.query('insert into item values ($1::int, $2::text)', [31, 'y']))
    await sql.query('select pg_terminate_backend($1::int)', [lane.backend])
    expect(await sleeping).toBeInstanceOf(SqlConnectionError)
    expect(await queued).toBeInstanceOf(SqlConnectionError)
    expect(lane.healthy).toBe(false)
    expect(await rejection(lane.query('select 1'))).toMatchObject({ sent: 'no' })
    lane.release()
    expect(await sql.query('select 1 from item where id in (30, 31)')).toEqual([])
  })

  test('cancel ends the statement and keeps the lane', async () => {
    const lane = await sql.lane()
    const sleeping = rejection(lane.query('select pg_sleep(30)'))
    let cancelled: unknown
    const ended = sleeping.then((error) => (cancelled = error))
    while (cancelled === undefined) {
      await lane.cancel()
      await Promise.race([ended, sql.query('select 1')])
    }
    expect(cancelled).toMatchObject({ code: '57014' })
    expect(await lane.query('select 1 as one')).toEqual([{ one: 1 }])
    lane.release()
  })

  test('a statement that stays unanswered costs the connection, not the caller', async () => {
    const lane = await sql.lane({ deadline: 50 })
    expect(await rejection(lane.query('select pg_sleep(30)'))).toMatchObject({
      code: 'SQL_CONNECTION',
      sent: 'unknown',
    })
    lane.release()
  })

  test('waiters are served in order, and a full pool says so', async () => {
    const small = openPostgres(database.url, { pools: { work: 1 } })
    const first = await small.lane()
    expect(await rejection(small.lane({ timeout: 5 }))).toBeInstanceOf(SqlPoolTimeoutError)
    const order: number[] = []
    const waiting = [1, 2, 3].map(async (number) => {
      const lane = await small.lane()
      order.push(number)
      lane.release()
    })
    const impatient = new AbortController()
    const given = rejection(small.lane({ signal: impatient.signal }))
    impatient.abort(new Error('enough'))
    expect(await given).toMatchObject({ message: 'enough' })
    first.release()
    await Promise.all(waiting)
    expect(order).toEqual([1, 2, 3])
    await small.close()
  })
})

describe('listen', () => {
  test('hears what is notified, and again after its connection was ended', async () => {
    const listening = openPostgres(database.url, { applicationName: 'listening' })
    const heard: string[] = []
    let ready = Promise.withResolvers<void>()
    let woken = Promise.withResolvers<void>()
    const subscription = await listening.listen(
      'news',
      (payload) => {
        heard.push(payload)
        woken.resolve()
      },
      () => ready.resolve(),
    )
    await ready.promise
    await sql.query(`select pg_notify('news', 'first')`)
    await woken.promise
    ready = Promise.withResolvers<void>()
    woken = Promise.withResolvers<void>()
    await sql.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listening'`)
    await ready.promise
    await sql.query(`select pg_notify('news', 'second')`)
    await woken.promise
    expect(heard).toEqual(['first', 'second'])
    await subscription.close()
    await listening.close()
  })
})

test('close refuses new work and ends every connection', async () => {
  const closing = openPostgres(database.url, { applicationName: 'closing' })
  const lane = await closing.lane()
  await closing.query('select 1')
  const closed = closing.close(20)
  expect(await rejection(closing.lane())).toBeInstanceOf(SqlConnectionError)
  await closed
  expect(lane.healthy).toBe(false)
  let left = 1
  while (left > 0) {
    const [row] = await sql.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity where application_name = 'closing'`,
    )
    left = row?.count ?? 0
  }
})
