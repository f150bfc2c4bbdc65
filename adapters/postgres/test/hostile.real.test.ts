/** Names that need quoting, units of work that fall asleep, and a LISTEN connection that is killed. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { bindRepository, createChannels, defineModel, field, JustScale, ModelRepository } from '@justscale/core'
import { TransactionLostError } from '@justscale/core/cell'
import { StorageRefusedError } from '@justscale/core/repository'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { openPostgres, type SqlDatabase } from '@justscale/engine/sql'
import {
  createPgModel,
  createPgRepository,
  PostgresFeature,
  PostgresChannelFeature,
  PostgresSchemaFeature,
} from '../index.ts'

let database: TestDatabase
let outside: SqlDatabase

beforeAll(async () => {
  database = await testDatabase()
  outside = openPostgres(database.url, { applicationName: 'outside' })
}, 120_000)
afterAll(async () => {
  await outside.close()
  await database.drop()
})

class Odd extends defineModel({
  name: 'Odd',
  fields: {
    select: field.string().unique(),
    'a"b; drop table victim; --': field.string().optional(),
    ünïcode: field.int().default(0),
    $1: field.int().default(0),
  },
}) {}

test('names of tables and columns cannot leave their quotes', async () => {
  await outside.query('create table victim (id integer)')
  const token = ModelRepository.of(Odd)
  const app = JustScale()
    .add(PostgresFeature({ url: database.url }))
    .add(bindRepository(token, createPgRepository(createPgModel(Odd, { table: `o"; drop table victim; --'\\` }))))
    .add(PostgresSchemaFeature)
    .build()
  await app.start()
  const odds = await app.resolve(token)
  await app.run(async () => {
    const text = `'; drop table victim; --`
    const odd = await odds.insert({ select: text, 'a"b; drop table victim; --': text, $1: 2, ünïcode: 3 })
    const [found] = await odds.find({
      where: { 'a"b; drop table victim; --': text, $1: 2 },
    })
    expect(found?.select).toBe(text)
    await using locked = await odds.lock(odd)
    locked!.ünïcode = 4
    await odds.save(locked!)
  })
  await app.run(async () => expect((await odds.findOne({ ünïcode: 4 }))?.$1).toBe(2))
  expect(await outside.query('select count(*)::int as n from victim')).toEqual([{ n: 0 }])
  await app.stop()
})

const long = (word: string) => `${word.repeat(70)}`
class Bare extends defineModel({ name: 'Bare', fields: {} }) {}
class Long extends defineModel({
  name: `Long${long('é')}`,
  fields: {
    [long('a')]: field.int().unique(),
    [`${long('a')}b`]: field.int().default(2),
    xmin: field.int().default(3),
    ctid: field.int().default(4),
    inserted: field.int().default(5),
    owner: field.ref(Bare).optional(),
  },
}) {}

test('models without fields, names that Postgres would cut off and names of its own columns work, at every start', async () => {
  const tokens = [ModelRepository.of(Bare), ModelRepository.of(Long)] as const
  for (const start of [1, 2]) {
    const app = JustScale()
      .add(PostgresFeature({ url: database.url }))
      .add(bindRepository(tokens[0], createPgRepository(createPgModel(Bare))))
      .add(bindRepository(tokens[1], createPgRepository(createPgModel(Long))))
      .add(PostgresSchemaFeature)
      .build()
    await app.start()
    const [bares, longs] = [await app.resolve(tokens[0]), await app.resolve(tokens[1])]
    await app.run(async () => {
      expect(await bares.insertMany([{}, {}])).toHaveLength(2)
      expect(await bares.count()).toBe(2 * start)
      const values = { [long('a')]: start, owner: await bares.insert({}) } as never
      await longs.insert(values)
      const twice = await longs.insert(values).catch((error: unknown) => error)
      expect(twice).toMatchObject({ name: 'UniqueViolationError', fields: [long('a')] })
      const stored = await longs.upsert(values, { by: [long('a')] as never })
      expect({ ...stored }).toMatchObject({ [`${long('a')}b`]: 2, xmin: 3, ctid: 4, inserted: 5 })
      await longs.deleteWhere(Long.all)
      await bares.deleteWhere(Bare.all)
      await bares.insertMany([{}, {}])
    })
    await app.stop()
  }
})

class UserRole extends defineModel({ name: 'Role', fields: { name: field.string().unique() } }) {}
class User extends defineModel({ name: 'User', fields: { roleName: field.string().unique() } }) {}

test('two models that would share a table or an index are refused, with both names', async () => {
  const start = (roles: string, users = 'users') =>
    JustScale()
      .add(PostgresFeature({ url: database.url }))
      .add(bindRepository(ModelRepository.of(User), createPgRepository(createPgModel(User, { table: users }))))
      .add(bindRepository(ModelRepository.of(UserRole), createPgRepository(createPgModel(UserRole, { table: roles }))))
      .add(PostgresSchemaFeature)
      .build()
      .start()
      .then(
        () => 'started',
        (error: unknown) => Bun.inspect(error),
      )
  expect(await start('users_role')).toContain('would both have a table or an index called "users_role_name_key"')
  expect(await start('users')).toContain('would both have a table or an index called "users"')
  expect(() => createPgModel(User, { table: long('é') })).toThrow('names have 1 to 63 bytes')
  const indexes = [{ fields: ['a', 'bC'] }, { fields: ['aB', 'c'] }]
  class Twin extends defineModel({
    name: 'Twin',
    fields: { a: field.int(), bC: field.int(), aB: field.int(), c: field.int() },
  }) {}
  expect(() => createPgModel(Twin, { indexes })).toThrow('a, bC and of aB, c would both be "twins_a_b_c_idx"')
})

test('a value that is too large for its index is refused, and that is what the hint says', async () => {
  const token = ModelRepository.of(Odd)
  const app = JustScale()
    .add(PostgresFeature({ url: database.url }))
    .add(bindRepository(token, createPgRepository(createPgModel(Odd, { table: 'large' }))))
    .add(PostgresSchemaFeature)
    .build()
  await app.start()
  const odds = await app.resolve(token)
  const select = Array.from({ length: 500 }, () => Bun.randomUUIDv7()).join()
  const refused = await app.run(() => odds.insert({ select })).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(StorageRefusedError)
  expect((refused as StorageRefusedError).hint).toContain('larger than the storage takes')
  await app.stop()
})

class Sleeper extends defineModel({ name: 'Sleeper', fields: { n: field.int().default(0) } }) {}

test('a unit of work that falls asleep in its transaction is ended, and the error says why', async () => {
  const token = ModelRepository.of(Sleeper)
  const app = JustScale()
    .add(PostgresFeature({ url: database.url, idleInTransaction: 30 }))
    .add(bindRepository(token, createPgRepository(createPgModel(Sleeper))))
    .add(PostgresSchemaFeature)
    .build()
  await app.start()
  const sleepers = await app.resolve(token)
  const stored = await app.run(() => sleepers.insert({ n: 1 }))
  const asleep = app.run(async () => {
    await using locked = await sleepers.lock(stored)
    await until(async () => {
      const idle = "select 1 from pg_stat_activity where datname = current_database() and state = 'idle in transaction'"
      return (await outside.query(idle)).length === 0
    })
    locked!.n = 2
    await sleepers.save(locked!)
  })
  const error = await asleep.catch((failure: unknown) => failure)
  expect(error).toBeInstanceOf(TransactionLostError)
  expect(String(error)).toMatch(/nothing was asked of it for \d+ ms, and the server ends .* idle for 30 ms/)
  expect((await app.run(() => sleepers.get(stored)))?.n).toBe(1)
  await app.stop()
})

class News extends createChannels<string>({ name: 'news' }) {}

test('a channel catches up on what was published while its LISTEN connection was dead', async () => {
  const node = async () => {
    const app = JustScale()
      .add(PostgresFeature({ url: database.url }))
      .add(PostgresChannelFeature)
      .add(News)
      .build()
    await app.start()
    return app
  }
  const [reader, writer] = await Promise.all([node(), node()])
  const heard: string[] = []
  const all = Promise.withResolvers<void>()
  const subscription = (await reader.resolve(News)).subscribe('news')
  const reading = (async () => {
    for await (const message of subscription) {
      heard.push(message)
      if (message === 'last') return all.resolve()
    }
  })()
  const news = await writer.resolve(News)
  await until(async () => {
    await writer.run(() => news.publish('news', 'hello'))
    return heard.length > 0
  })
  for (let round = 0; round < 3; round += 1) {
    await outside.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'",
    )
    for (let n = 0; n < 5; n += 1) await writer.run(() => news.publish('news', `${round}.${n}`))
  }
  await writer.run(() => news.publish('news', 'last'))
  await all.promise
  await reading
  const numbered = heard.filter((message) => message.includes('.'))
  expect(numbered).toEqual([0, 1, 2].flatMap((round) => [0, 1, 2, 3, 4].map((n) => `${round}.${n}`)))
  await Promise.all([reader.stop(), writer.stop()])
}, 60_000)

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(5)
}
