import { afterAll, beforeAll, expect, test } from 'bun:test'
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runningPostmaster } from './postmaster.ts'
import { resolveDatabase } from './resolve-database.ts'
import { simpleQuery } from './simple-query.ts'
import { startEmbedded, type EmbeddedPostgres } from './start-embedded.ts'
import { testDatabase } from './test-database.ts'

let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'justscale-embedded-'))
  chmodSync(root, 0o755)
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

function start(name: string): Promise<EmbeddedPostgres> {
  return startEmbedded({ dataDir: join(root, name), durable: true })
}

function query(server: EmbeddedPostgres, ...statements: string[]) {
  return simpleQuery({ socketDir: server.socketDir, user: 'postgres', database: 'app' }, ...statements)
}

function postmaster(name: string): number | undefined {
  return runningPostmaster(join(root, name, 'data'))
}

/** Runs `code` in an OS process that already imported `startEmbedded`; gives what it printed and how it ended. */
async function runProcess(code: string): Promise<string> {
  const module = JSON.stringify(join(import.meta.dir, 'index.ts'))
  const source = `import { startEmbedded } from ${module}\n${code}`
  const child = Bun.spawn([process.execPath, '-e', source], { stdout: 'pipe', stderr: 'inherit' })
  const [printed, exit] = await Promise.all([new Response(child.stdout).text(), child.exited])
  return `${printed.trim()} ${child.signalCode ?? exit}`
}

test('the second user attaches, the last one stops it', async () => {
  const first = await start('shared')
  const second = await start('shared')
  expect([first.attached, second.attached]).toEqual([false, true])
  expect(second.url).toBe(first.url)
  await first.stop()
  await first.stop()
  expect(await query(second, 'select 1')).toEqual([['1']])
  await second.stop()
  expect(postmaster('shared')).toBeUndefined()
})

test('many OS processes that start at once share one server', async () => {
  const code = `
    const server = await startEmbedded({ dataDir: ${JSON.stringify(join(root, 'race'))}, durable: true })
    console.log(server.attached)`
  const lines = await Promise.all([runProcess(code), runProcess(code), runProcess(code)])
  expect(lines.sort()).toEqual(['false 0', 'true 0', 'true 0'])
  const last = await start('race')
  expect(last.attached).toBe(true)
  await last.stop()
})

test('a user killed with -9 leaves the server running, and does not keep it from being stopped', async () => {
  const dataDir = JSON.stringify(join(root, 'killed-user'))
  const line = await runProcess(`
    await startEmbedded({ dataDir: ${dataDir}, durable: true })
    process.kill(process.pid, 'SIGKILL')`)
  expect(line).toBe(' SIGKILL')
  const server = await start('killed-user')
  expect(server.attached).toBe(true)
  await server.stop()
  expect(postmaster('killed-user')).toBeUndefined()
})

test('a server killed with -9 starts again with what was committed', async () => {
  const first = await start('killed-server')
  await query(first, 'create table kept (n int)', 'insert into kept values (7)')
  process.kill(postmaster('killed-server') ?? Number.NaN, 'SIGKILL')
  const second = await start('killed-server')
  expect(second.attached).toBe(false)
  expect(await query(second, 'select n from kept')).toEqual([['7']])
  await first.stop()
  await second.stop()
})

test('a use whose server was killed starts it again, once', async () => {
  const server = await start('revived')
  await query(server, 'create table kept (n int)', 'insert into kept values (7)')
  expect(await server.revive()).toBe(false)
  process.kill(postmaster('revived') ?? Number.NaN, 'SIGKILL')
  while (postmaster('revived') !== undefined) await Bun.sleep(5)
  expect(await Promise.all([server.revive(), server.revive()])).toContain(true)
  expect(await query(server, 'select n from kept')).toEqual([['7']])
  await server.stop()
})

test('a pid file whose process id belongs to somebody else does not block the start', async () => {
  const first = await start('reused-pid')
  await first.stop()
  const pidFile = join(root, 'reused-pid', 'data', 'postmaster.pid')
  const other = spawn('sleep', ['60'])
  writeFileSync(pidFile, `${other.pid}\n${join(root, 'reused-pid', 'data')}\n1\n5432\n/tmp\n\n1 1\nready\n`)
  const second = await start('reused-pid')
  expect(Number(readFileSync(pidFile, 'utf8').split('\n')[0])).not.toBe(other.pid)
  await second.stop()
  other.kill()
})

test('an initdb that was cut off is made again', async () => {
  mkdirSync(join(root, 'half', 'data.new'), { recursive: true })
  writeFileSync(join(root, 'half', 'data.new', 'PG_VERSION'), '18')
  const server = await start('half')
  expect(await query(server, 'select 1')).toEqual([['1']])
  await server.stop()
})

test.skipIf(process.geteuid?.() !== 0)(
  'as root, a project that the server cannot enter keeps its data elsewhere',
  async () => {
    const hidden = join(root, 'hidden')
    mkdirSync(hidden, { mode: 0o700 })
    const server = await startEmbedded({ dataDir: join(hidden, 'postgres'), durable: true })
    expect(await query(server, 'select 1')).toEqual([['1']])
    await server.stop()
    const sibling = await startEmbedded({ dataDir: join(hidden, 'sibling'), durable: true })
    expect([
      sibling.attached,
      realpathSync(join(hidden, 'sibling')) === realpathSync(join(hidden, 'postgres')),
    ]).toEqual([false, false])
    await sibling.stop()
    rmSync(realpathSync(join(hidden, 'sibling')), { recursive: true })
    const again = await startEmbedded({ dataDir: join(hidden, 'postgres'), durable: true })
    expect(existsSync(join(hidden, 'postgres', 'data', 'PG_VERSION'))).toBe(true)
    await again.stop()
    rmSync(realpathSync(join(hidden, 'postgres')), { recursive: true })
  },
)

test('DATABASE_URL comes before the embedded server', async () => {
  const found = await resolveDatabase({ projectDir: root, env: { DATABASE_URL: 'postgres://elsewhere/x' } })
  expect([found.url, found.source]).toEqual(['postgres://elsewhere/x', 'DATABASE_URL'])
  expect(existsSync(join(root, '.justscale'))).toBe(false)
})

test('a test database is a clone of its template, prepared once', async () => {
  let prepared = 0
  const key = `template of ${root}`
  const prepare = async (url: string) => {
    prepared++
    const target = { socketDir: new URL(url).searchParams.get('host') ?? '', user: 'postgres' }
    await simpleQuery({ ...target, database: new URL(url).pathname.slice(1) }, 'create table here (n int)')
  }
  const first = await testDatabase({ template: { key, prepare } })
  await using second = await testDatabase({ template: { key, prepare } })
  const socketDir = new URL(first.url).searchParams.get('host') ?? ''
  await simpleQuery({ socketDir, user: 'postgres', database: first.name }, 'insert into here values (1)')
  expect(
    await simpleQuery({ socketDir, user: 'postgres', database: second.name }, 'select count(*) from here'),
  ).toEqual([['0']])
  expect(prepared).toBe(1)
  await first.drop()
  const left = await simpleQuery(
    { socketDir, user: 'postgres', database: 'postgres' },
    'select datname from pg_database',
  )
  expect(left.flat()).not.toContain(first.name)
})
