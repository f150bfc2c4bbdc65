import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bindRepository, defineModel, field, JustScale, ModelRepository } from '@justscale/core'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { openPostgres, type SqlDatabase } from '@justscale/engine/sql'
import { createPgModel, createPgRepository, PostgresFeature, PostgresMigrationFeature } from '../index.ts'
import type { PgModel } from '../pg-model.ts'
import { MigrationFailedError, MigrationHistoryError, MigrationPlanError, PendingMigrationsError } from './errors.ts'
import { Migrator } from './migrator.ts'

class Shelf extends defineModel({ name: 'Shelf', fields: { room: field.string() } }) {}
class BookOne extends defineModel({
  name: 'Book',
  fields: {
    title: field.string().unique(),
    pages: field.int(),
    state: field.enum('State', ['new', 'used']),
    shelf: field.ref(Shelf).optional(),
  },
}) {}
class BookTwo extends defineModel({
  name: 'Book',
  fields: {
    name: field.string().unique().renamedFrom('title'),
    pages: field.bigint(),
    state: field.enum('State', ['new', 'used', "worn 'out'"]),
    shelf: field.ref(Shelf).optional(),
    language: field.string().backfill("d'oh"),
    price: field.decimal(8, 2).optional(),
  },
}) {}
class BookThree extends defineModel({ name: 'Book', fields: { title: field.string(), isbn: field.string() } }) {}
class BookShort extends defineModel({
  name: 'Book',
  fields: { title: field.string().unique(), shelf: field.ref(Shelf).optional() },
}) {}
class BookUnique extends defineModel({
  name: 'Book',
  fields: { name: field.string().unique(), code: field.string().unique().backfill('x') },
}) {}

const shelf = createPgModel(Shelf)
const first = [shelf, createPgModel(BookOne)]
const second = [shelf, createPgModel(BookTwo, { table: 'tomes', renamedFrom: 'books' })]

describe('migrations', () => {
  let database: TestDatabase
  let sql: SqlDatabase
  let folder: string
  const at = (day: number) => Temporal.Instant.from(`2026-01-0${day}T00:00:00Z`)
  const migrator = (models: readonly PgModel[], own = sql) =>
    new Migrator({ database: own, url: database.url, folder, models: () => models })

  beforeEach(async () => {
    database = await testDatabase()
    sql = openPostgres(database.url)
    folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  })
  afterEach(async () => {
    await sql.close()
    await database.drop()
    await rm(folder, { recursive: true })
  })

  test('are made from models, keep what is renamed, fill what is new, and can be undone', async () => {
    expect(await migrator(first).make('create books', at(1))).toEndWith('20260101000000_create_books.sql')
    expect(await migrator(first).make('nothing', at(1))).toBeUndefined()
    expect(await migrator(first).run()).toEqual(['20260101000000_create_books'])
    await sql.query(`insert into books (id, title, pages, state) values (gen_random_uuid(), 'Emma', 474, 'used')`)

    await migrator(second).make('tomes', at(2))
    expect(await migrator(second).pending()).toEqual(['20260102000000_tomes'])
    expect(await migrator(second).verify()).toEqual({ models: [], pending: ['20260102000000_tomes'], drift: [] })
    await migrator(second).run()
    expect(await sql.query('select name, pages, state, language from tomes')).toEqual([
      { name: 'Emma', pages: '474', state: 'used', language: "d'oh" },
    ])
    expect(await migrator(second).verify()).toEqual({ models: [], pending: [], drift: [] })

    expect(await migrator(second).rollback()).toEqual(['20260102000000_tomes'])
    expect(await sql.query('select title, pages from books')).toEqual([{ title: 'Emma', pages: 474 }])
    expect((await migrator(second).status()).map((each) => each.appliedAt !== undefined)).toEqual([true, false])
  })

  test('made in one second, or by a clock that is behind, come after those that are there', async () => {
    await migrator(first).make('zoo', at(2))
    expect(await migrator(second).make('Änderung: zwei', at(2))).toEndWith('20260102000001_änderung_zwei.sql')
    expect(await migrator([...second, createPgModel(BookThree, { table: 'third' })]).make('!', at(1))).toEndWith(
      '20260102000002_migration.sql',
    )
    expect(await migrator(second).run()).toHaveLength(3)
  })

  test('a required field without a value for existing rows is refused when the migration is made', async () => {
    await migrator(first).make('one', at(1))
    const three = [shelf, createPgModel(BookThree)]
    await expect(migrator(three).make('two', at(2))).rejects.toBeInstanceOf(MigrationPlanError)
    await migrator(three)
      .make('two', at(2))
      .catch((error: Error) => expect(error.message).toContain('books.isbn'))
    expect(await readdir(folder)).toHaveLength(1)
  })

  test('many nodes apply each file once', async () => {
    await migrator(first).make('one', at(1))
    await Bun.write(
      join(folder, '20260102000000_index.sql'),
      `-- transaction: false\n-- up\ncreate index concurrently books_pages on books (pages);\n-- down\ndrop index concurrently books_pages;\n`,
    )
    const nodes = Array.from({ length: 4 }, () => openPostgres(database.url))
    const done = await Promise.all(nodes.map((node) => migrator(first, node).run()))
    expect(done.flat().sort()).toEqual(['20260101000000_one', '20260102000000_index'])
    for (const node of nodes) await node.close()
    const { drift } = await migrator(first).verify()
    expect(drift).toEqual([])
  })

  test('a failing file is undone, and those before it stay', async () => {
    await migrator(first).make('one', at(1))
    await Bun.write(
      join(folder, '20260102000000_bad.sql'),
      '-- up\ncreate table half (id int);\nselect 1/0;\n-- down\n',
    )
    const failed = await migrator(first)
      .run()
      .catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(MigrationFailedError)
    expect(String(failed)).toContain('20260102000000_bad.sql (up) failed and was undone: division by zero')
    expect(await migrator(first).pending()).toEqual(['20260102000000_bad'])
    expect(await sql.query(`select to_regclass('half') as half`)).toEqual([{ half: null }])
  })

  test('a failure names its line, and what cannot run in a transaction says how it can', async () => {
    const write = (...lines: readonly string[]) => Bun.write(join(folder, '20260102000000_own.sql'), lines.join('\n'))
    const failure = () =>
      migrator(first)
        .run()
        .then(String, (error: unknown) => error as MigrationFailedError)
    await write('-- up', '', 'create table half (id int);', 'create tabel x ();', '-- down', '')
    expect(await failure()).toMatchObject({ message: expect.stringContaining('_own.sql:4 (up) failed') })
    await write('-- up', 'create table own (id int);', 'create index concurrently own_id on own (id);', '-- down', '')
    expect(await failure()).toMatchObject({ hint: expect.stringContaining('`-- transaction: false`') })
    await sql.query('create table made (id int)')
    await write('-- up', 'create table made (id int);', '-- down', '')
    expect(await failure()).toMatchObject({ hint: expect.stringContaining('.justscale/postgres') })
    await write(
      '-- up',
      '-- transaction: false',
      'create table own (id int);',
      'create index concurrently own_id on own (id);',
    )
    expect(await migrator(first).run()).toEqual(['20260102000000_own'])
  })

  test('a value for rows that exist is what an entity would have been given', async () => {
    const model = (fields: Parameters<typeof field.object>[0]) => createPgModel(defineModel({ name: 'Crate', fields }))
    await migrator([model({})]).make('one', at(1))
    await migrator([model({})]).run()
    await sql.query('insert into crates (id) values (gen_random_uuid())')
    const wanted = model({
      size: field.object({ wide: field.int(), high: field.int().default(3) }).backfill({ wide: 2 }),
      price: field.decimal(6, 2).backfill(1.005),
      since: field.timestamp().backfill(new Date(0)),
    })
    await migrator([wanted]).make('two', at(2))
    await migrator([wanted]).run()
    expect(await sql.query('select size, price, since from crates')).toEqual([
      { size: { wide: 2, high: 3 }, price: '1.00', since: '1970-01-01 00:00:00+00' },
    ])
    const wrong = model({ kind: field.enum('Kind', ['s']).backfill('xl' as never) })
    await expect(migrator([wrong]).make('three', at(3))).rejects.toThrow('kind must be one of "s"')
  })

  test('a change that Postgres cannot make is refused when it is planned, and a file that cannot run is named', async () => {
    const model = (fields: Parameters<typeof field.object>[0]) => createPgModel(defineModel({ name: 'Crate', fields }))
    await migrator([model({ size: field.int() })]).make('one', at(1))
    const lists = migrator([model({ size: field.array(field.int()) })])
    await expect(lists.make('two', at(2))).rejects.toThrow('cannot cast type integer to jsonb')
    await expect(lists.make('two', at(2))).rejects.toBeInstanceOf(MigrationPlanError)
    expect(await readdir(folder)).toHaveLength(1)
    await Bun.write(join(folder, '20260102000000_own.sql'), '-- up\nselect 1/0;\n-- down\n')
    await expect(lists.verify()).rejects.toThrow(
      '20260102000000_own.sql cannot be run on what the files before it make',
    )
    const again = await Bun.file(join(folder, '20260101000000_one.sql')).text()
    await Bun.write(join(folder, '20260102000000_own.sql'), again)
    const twice = await lists.make('two', at(2)).catch((error: unknown) => error)
    expect(twice).toBeInstanceOf(MigrationFailedError)
    expect(twice).toMatchObject({
      hint: expect.stringMatching(/^The database was not touched\. A file before it makes this/),
    })
  })

  test('changed and missing files are noticed, and so is drift', async () => {
    const path = await migrator(first).make('one', at(1))
    await migrator(first).run()
    await sql.query('alter table books add column extra integer')
    expect((await migrator(first).verify()).drift).toEqual(['alter table "books" drop column "extra"'])
    const text = await Bun.file(path!).text()
    await Bun.write(path!, text.replace('create table "books"', 'create table "volumes"'))
    await expect(migrator(first).run()).rejects.toBeInstanceOf(MigrationHistoryError)
    await migrator(first)
      .run()
      .catch(() => {})
    await rm(path!)
    await expect(migrator(first).status()).rejects.toBeInstanceOf(MigrationHistoryError)
    await migrator(first)
      .status()
      .catch(() => {})
  })

  test('what is dropped can be brought back on rows, and a way back that fails may be corrected', async () => {
    await migrator(first).make('one', at(1))
    await migrator(first).run()
    await sql.query(`insert into books (id, title, pages, state) values (gen_random_uuid(), 'Emma', 474, 'used')`)
    const path = await migrator([shelf, createPgModel(BookShort)]).make('two', at(2))
    await migrator(first).run()
    const text = await Bun.file(path!).text()
    await Bun.write(path!, text.replace('-- down', '-- down\nselect 1/0;'))
    const failed = await migrator(first)
      .rollback()
      .catch((error: unknown) => error as MigrationFailedError)
    expect(failed).toMatchObject({ hint: expect.stringContaining('correct its `-- down` part') })
    await Bun.write(path!, text.replaceAll('\n', '\r\n'))
    expect(await migrator(first).rollback()).toEqual(['20260102000000_two'])
    expect(await sql.query('select title, pages from books')).toEqual([{ title: 'Emma', pages: null }])
    await rm(path!)
    expect((await migrator(first).verify()).drift).toEqual([
      'alter table "books" alter column "pages" set not null',
      'alter table "books" alter column "state" set not null',
    ])
  })

  test('a value for rows that exist is no write to them, and none that they would all share where it is unique', async () => {
    await migrator(first).make('one', at(1))
    await migrator(first).run()
    await sql.query(`insert into books (id, title, pages, state) values (gen_random_uuid(), 'Emma', 474, 'used')`)
    const [before] = await sql.query('select xmin::text, ctid::text from books')
    await migrator([shelf, createPgModel(BookTwo, { table: 'books' })]).make('two', at(2))
    await Bun.write(
      join(folder, '20260102000000_two.sql'),
      (await Bun.file(join(folder, '20260102000000_two.sql')).text()).replace(
        /^alter table "books" alter column "pages" type.*$/m,
        '',
      ),
    )
    await migrator(first).run()
    expect(await sql.query('select xmin::text, ctid::text from books')).toEqual([before!])
    expect(await sql.query('select language from books')).toEqual([{ language: "d'oh" }])
    const refused = migrator([shelf, createPgModel(BookUnique)]).make('three', at(3))
    await expect(refused).rejects.toThrow('books.code is unique, and rows that exist would all get the same value')
  })

  test('an app starts on a database that a newer build has migrated, and the commands tell of it', async () => {
    await migrator(first).make('one', at(1))
    await migrator(second).make('two', at(2))
    await migrator(second).run()
    await rm(join(folder, '20260102000000_two.sql'))
    for (const runAtStart of [true, false]) {
      const app = JustScale()
        .add(PostgresFeature({ url: database.url }))
        .add(PostgresMigrationFeature({ folder, runAtStart }))
        .build()
      await app.start()
      await app.stop()
    }
    await expect(migrator(first).status()).rejects.toThrow('20260102000000_two is applied, but its file is gone')
    await rm(join(folder, '20260101000000_one.sql'))
    await expect(migrator(first).pending({ allowNewer: true })).rejects.toBeInstanceOf(MigrationHistoryError)
  })

  test('an app starts only on a database that has its migrations', async () => {
    await migrator(first).make('one', at(1))
    const build = (runAtStart: boolean) =>
      JustScale()
        .add(PostgresFeature({ url: database.url }))
        .add(PostgresMigrationFeature({ folder, runAtStart }))
        .add(bindRepository(ModelRepository.of(Shelf), createPgRepository(shelf)))
        .build()
    const refused = await build(false)
      .start()
      .catch((error: Error) => error)
    expect((refused as Error).cause).toBeInstanceOf(PendingMigrationsError)
    const app = build(true)
    await app.start()
    const shelves = await app.resolve(ModelRepository.of(Shelf))
    await app.run(async () => expect((await shelves.insert({ room: 'attic' })).room).toBe('attic'))
    await app.stop()
  })
})
