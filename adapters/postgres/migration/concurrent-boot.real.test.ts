/** OS processes that boot at the same moment on a database that lacks migrations. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { openPostgres, type SqlDatabase } from '@justscale/engine/sql'

let database: TestDatabase
let sql: SqlDatabase
let folder: string

beforeEach(async () => {
  database = await testDatabase()
  sql = openPostgres(database.url)
  folder = await mkdtemp(join(tmpdir(), 'boot-'))
  const files: Record<string, string> = {
    '1_visits': `create table visits (id uuid primary key, node text collate "C" not null,
      created_at timestamptz not null default now(), updated_at timestamptz not null default now());
      create table applied (file text, backend integer);
      insert into applied values ('1_visits', pg_backend_pid());`,
    '2_gate': `lock table gate; insert into applied values ('2_gate', pg_backend_pid());`,
    '3_rest': `create index visits_node on visits (node); insert into applied values ('3_rest', pg_backend_pid());`,
  }
  for (const [name, up] of Object.entries(files))
    await Bun.write(join(folder, `${name}.sql`), `-- up\n${up}\n-- down\n`)
  await sql.query('create table gate (id integer)')
}, 120_000)
afterEach(async () => {
  await sql.close()
  await database.drop()
  await rm(folder, { recursive: true })
})

const boot = (name: string) =>
  Bun.spawn([process.execPath, join(import.meta.dir, '../test/migrating-node.ts'), database.url, folder, name], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
type Node = ReturnType<typeof boot>

/** Resolves when the node has started, rejects when it ended instead. */
async function started(node: Node): Promise<void> {
  for await (const chunk of node.stdout) if (new TextDecoder().decode(chunk).includes('started')) return
  throw new Error(`the node ended with ${await node.exited}`)
}

async function stop(node: Node): Promise<number> {
  await node.stdin.end()
  return node.exited
}

/** Runs `body` while the second migration waits at its gate: whoever has its turn is in the middle of it. */
async function withGateClosed<Result>(body: () => Promise<Result>): Promise<Result> {
  const lane = await sql.lane()
  await lane.query('begin')
  await lane.query('lock table gate')
  const result = await body()
  await lane.query('commit')
  lane.release()
  return result
}

/** The backend that waits at the gate. */
async function migrating(): Promise<number> {
  for (;;) {
    const [row] = await sql.query<{ pid: number }>(
      `select pid from pg_locks where relation = 'gate'::regclass and not granted`,
    )
    if (row) return row.pid
  }
}

/** Connections that ask for the turn again and again. */
async function waitingForTurn(count: number): Promise<void> {
  const asking = `select count(*)::integer as n from pg_stat_activity
    where datname = current_database() and query like 'select pg_try_advisory_lock%' and pid <> pg_backend_pid()`
  for (;;) {
    const [row] = await sql.query<{ n: number }>(asking)
    if (row && row.n >= count) return
  }
}

const appliedFiles = async () => (await sql.query('select file from applied order by file')).map((row) => row.file)
const ledger = async () =>
  (await sql.query('select name from justscale_migration order by name')).map((row) => row.name)
const all = ['1_visits', '2_gate', '3_rest']

test('processes that boot at once apply each file once, and all of them start', async () => {
  const nodes = await withGateClosed(async () => {
    const booting = ['one', 'two', 'three'].map(boot)
    await migrating()
    await waitingForTurn(2)
    return booting
  })
  await Promise.all(nodes.map(started))
  expect(await appliedFiles()).toEqual(all)
  expect(await ledger()).toEqual(all)
  expect(await sql.query('select node from visits order by node')).toEqual(
    ['one', 'three', 'two'].map((node) => ({ node })),
  )
  expect(await Promise.all(nodes.map(stop))).toEqual([0, 0, 0])
}, 60_000)

test('a process that is killed in the middle of a migration leaves nothing of it, and another one applies it', async () => {
  const two = await withGateClosed(async () => {
    const one = boot('one')
    const backend = await migrating()
    const other = boot('two')
    await waitingForTurn(1)
    one.kill(9)
    await one.exited
    // The server sees that its client is gone when the statement ends: here, so as not to wait for that.
    await sql.query('select pg_terminate_backend($1::integer)', [backend])
    const [first] = await sql.query(`select 1 from applied where file = '2_gate'`)
    expect(first).toBeUndefined()
    return other
  })
  await started(two)
  expect(await appliedFiles()).toEqual(all)
  expect(await ledger()).toEqual(all)
  expect(await sql.query('select node from visits')).toEqual([{ node: 'two' }])
  expect(await stop(two)).toBe(0)
}, 60_000)
