/**
 * Databases for tests: one server per user and machine that does not sync to disk, and a fresh database per test file,
 * cloned from a template in about 20 ms. The server stops with the last OS process that uses it; what killed runs left
 * behind is dropped by the next one that finds nobody else there.
 */
import { createHash, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleQuery, SimpleQueryError } from './simple-query.ts'
import { embeddedUrl, startEmbedded, type EmbeddedPostgres } from './start-embedded.ts'

export interface TestDatabaseOptions {
  /** Clone this instead of an empty database; `prepare` runs once per `key` and must end its connections. */
  readonly template?: { readonly key: string; readonly prepare: (url: string) => Promise<void> }
}

export interface TestDatabase extends AsyncDisposable {
  readonly url: string
  readonly name: string
  /** Ends the sessions on it and removes it. */
  drop(): Promise<void>
}

/** Made as `await testDatabase()` in `beforeAll`, dropped in `afterAll`. */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = await testServer()
  const template = options.template === undefined ? 'template1' : await ensureTemplate(server, options.template)
  const name = `test_${randomUUID().replaceAll('-', '').slice(0, 20)}`
  await admin(server, `create database ${name} template ${template} strategy file_copy`)
  const drop = async () => void (await admin(server, `drop database if exists ${name} with (force)`))
  return { url: embeddedUrl(server.socketDir, name), name, drop, [Symbol.asyncDispose]: drop }
}

let shared: Promise<EmbeddedPostgres> | undefined

/** The server for tests, started at first use and let go of when this OS process exits. */
export function testServer(): Promise<EmbeddedPostgres> {
  shared ??= startTestServer()
  return shared
}

async function startTestServer(): Promise<EmbeddedPostgres> {
  const server = await startEmbedded({
    dataDir: join(tmpdir(), `justscale-test-${process.geteuid?.() ?? 0}`),
    durable: false,
    database: 'postgres',
    whenAlone: dropLeftovers,
  })
  process.on('exit', () => server.stopSync())
  return server
}

/** What killed runs left: their databases, and templates (a killed `prepare` may have left half of one). */
async function dropLeftovers(server: { readonly socketDir: string; readonly user: string }): Promise<void> {
  const target = { ...server, database: 'postgres' }
  const left = await simpleQuery(
    target,
    `select datname from pg_database where datname ~ '^(test|tpl|make)_[0-9a-f]+$'`,
  )
  for (const [name] of left) await simpleQuery(target, `drop database ${name} with (force)`)
}

async function ensureTemplate(
  server: EmbeddedPostgres,
  template: { key: string; prepare: (url: string) => Promise<void> },
) {
  const hash = createHash('sha256').update(template.key).digest('hex').slice(0, 20)
  const name = `tpl_${hash}`
  const known = await admin(server, `select 1 from pg_database where datname = '${name}'`)
  if (known.length > 0) return name
  const making = `make_${randomUUID().replaceAll('-', '').slice(0, 20)}`
  await admin(server, `create database ${making} strategy file_copy`)
  await template.prepare(embeddedUrl(server.socketDir, making))
  try {
    await admin(server, `alter database ${making} rename to ${name}`)
  } catch (error) {
    if (!(error instanceof SimpleQueryError && error.code === '42P04')) throw error
    await admin(server, `drop database ${making} with (force)`)
  }
  return name
}

async function admin(server: EmbeddedPostgres, statement: string): Promise<(string | null)[][]> {
  return await simpleQuery({ socketDir: server.socketDir, user: 'postgres', database: 'postgres' }, statement)
}
