/** A built app with migrations, in an empty folder: it says what it lacks, migrates by a command of its own, and serves. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { OsProcess } from '@justscale/core/testing'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'justscale-built-'))
const notes = join(folder, 'notes')
let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
}, 60_000)

afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

async function run(command: readonly string[], cwd = folder) {
  const env = { ...process.env, DATABASE_URL: database.url, JUSTSCALE_ENV: '', NODE_ENV: '', PORT: '0' }
  const child = Bun.spawn([...command], { cwd, env, stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { out, err, code: await child.exited }
}

test('an app is built, and the result said', async () => {
  const just = [process.execPath, '--config=/dev/null', join(import.meta.dir, '..', 'main.ts')]
  const { out, err } = await run(
    [...just, 'build', '--out', notes, '--json'],
    join(import.meta.dir, 'fixtures', 'notes'),
  )
  expect(err).toBe('')
  expect(JSON.parse(out)).toMatchObject({ environments: [], migrations: 'migrations', bytes: Bun.file(notes).size })
}, 60_000)

test('without its migrations it does not start, and says what to do', async () => {
  const { err, code } = await run([notes])
  expect(code).toBe(1)
  expect(err).toContain('The database lacks 1 migration: 20260101000000_notes')
  expect(err).toContain('migrate run')
  expect(JSON.parse((await run([notes, 'migrate', 'status', '--json'])).out)).toEqual([
    { name: '20260101000000_notes', applied: 'pending' },
  ])
})

test('it brings the migrations along', async () => {
  expect(JSON.parse((await run([notes, 'migrate', 'run', '--json'])).out)).toEqual(['20260101000000_notes'])
  expect((await run([notes, 'migrate', 'run'])).out).toBe('Nothing was pending.\n')
})

test('started, it serves; what it cannot do is logged with the line of the source', async () => {
  await using server = OsProcess.start(notes, { DATABASE_URL: database.url, JUSTSCALE_ENV: '' }, folder)
  const url = await server.url
  const added = await fetch(`${url}/notes/hello`, { method: 'POST' })
  expect(added.status).toBe(204)
  expect(await (await fetch(`${url}/notes`)).json()).toEqual(['hello'])
  expect((await fetch(`${url}/notes/fails`)).status).toBe(500)
  expect(await server.stop()).toBe(0)
  expect(server.output).toMatch(/main\.ts:19:\d+/)
}, 60_000)

test('a command is told to end by a signal, and its exit code says so', async () => {
  const env = { ...process.env, DATABASE_URL: database.url, JUSTSCALE_ENV: '' }
  const child = Bun.spawn([notes, 'wait'], { cwd: folder, env, stdout: 'pipe', stderr: 'inherit' })
  let output = ''
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += chunk
    if (output === 'waiting\n') child.kill('SIGTERM')
  }
  expect(output).toBe('waiting\ntold to end\n')
  expect(await child.exited).toBe(143)
}, 60_000)
