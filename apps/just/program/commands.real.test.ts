/** The commands that look at an app, as programs: without a database, with results that other programs can read. */
import { afterAll, describe, expect, test } from 'bun:test'
import { testDatabase } from '@justscale/engine/embedded'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const just = join(import.meta.dir, '..', 'main.ts')
const root = join(import.meta.dir, '..', '..', '..')
const crowdfunding = 'apps/crowdfunding/main.ts'
const folder = mkdtempSync(join(tmpdir(), 'justscale-just-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let variables: Record<string, string> = {}

async function run(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  const { DATABASE_URL: _, JUSTSCALE_ENV: __, NODE_ENV: ___, ...inherited } = process.env
  const env = { ...inherited, ...variables }
  const child = Bun.spawn([process.execPath, just, ...args], { cwd: root, env, stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { out, err, code: await child.exited }
}

describe('just routes', () => {
  test('lists every transport, with a row of columns each', async () => {
    const { out, err, code } = await run('routes', crowdfunding)
    expect([err, code]).toEqual(['', 0])
    expect(out).toMatch(/^METHOD +ROUTE +HANDLER$/m)
    expect(out).toMatch(/^SSE +\/campaigns\/:campaign\/events +\/campaigns\.events$/m)
    expect(out).toMatch(/^RPC +crowdfunding\.v1\.Crowdfunding\/Pledge /m)
  })

  test('gives JSON and nothing else', async () => {
    const rows = JSON.parse((await run('routes', 'apps/chat/main.ts', '--json')).out) as unknown[]
    expect(rows).toContainEqual({ method: 'WS', route: '/rooms/:room/talk', handler: '/rooms.talk' })
  })
})

describe('just openapi', () => {
  test('writes the document, and says when a file has fallen behind', async () => {
    const path = join(folder, 'openapi.json')
    expect((await run('openapi', crowdfunding, '--out', path)).code).toBe(0)
    const document = await Bun.file(path).json()
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Crowdfunding' } })
    expect(await run('openapi', crowdfunding, '--check', path)).toMatchObject({ code: 0 })
    writeFileSync(path, JSON.stringify({ ...document, paths: {} }))
    const behind = await run('openapi', crowdfunding, '--check', path)
    expect(behind).toMatchObject({ code: 1, out: '' })
    expect(behind.err).toContain(`just openapi --out ${path}`)
  })
})

describe('just config', () => {
  test('shows values with their sources, and no password', async () => {
    variables = { DATABASE_URL: 'postgres://ann:hunter2@db/app' }
    const { out } = await run('config', crowdfunding, '--show-sources')
    variables = {}
    expect(out).toMatch(/^postgres\.url +postgres:\/\/ann:\[secret\]@db\/app +DATABASE_URL in environment$/m)
    expect(out).toMatch(/^postgres\.channel +justscale +default$/m)
  })

  test('names everything that is missing, and fails', async () => {
    const { out, code } = await run('config', crowdfunding, '--env', 'production', '--json')
    expect(code).toBe(1)
    const { failures } = JSON.parse(out) as { failures: { variable: string }[] }
    expect(failures.map((failure) => failure.variable).sort()).toEqual(['DATABASE_URL', 'PAYMENTS_URL'])
    const text = await run('config', crowdfunding, '--env', 'production')
    expect(text.out).toMatch(/^postgres\.url: is not set; `bunx just dev` .* \(DATABASE_URL in environment\)$/m)
    expect(text.out).not.toContain('no configuration')
  })
})

test('what was called wrongly ends with 2 and says what to do', async () => {
  const missing = await run('routes', 'nowhere.ts')
  expect(missing).toMatchObject({ code: 2, out: '' })
  expect(missing.err).toContain('There is no nowhere.ts')
  const none = join(folder, 'none.ts')
  writeFileSync(none, 'export default 1\n')
  expect((await run('routes', none)).err).toContain('defineApp(import.meta')
  expect((await run('routes', crowdfunding, '--env', 'moon')).err).toContain('There is no environment "moon"')
})

describe('just run', () => {
  test('runs a command of the app on its database, with what comes after its name', async () => {
    const database = await testDatabase()
    variables = { DATABASE_URL: database.url }
    try {
      const list = await run('run', '--entry', crowdfunding, 'campaign', 'list', '--json')
      expect(list).toEqual({ out: '[]\n', err: '', code: 0 })
      const wrong = await run('run', `--entry=${crowdfunding}`, 'campaign', 'list', '--status', 'odd')
      expect(wrong).toMatchObject({ out: '', code: 2 })
      expect(wrong.err).toContain('See just run campaign list --help')
      expect((await run('run', '--entry', crowdfunding)).out).toContain('campaign list  Campaigns')
    } finally {
      variables = {}
      await database.drop()
    }
  })
})

test('what was called wrongly is said before a database is looked for', async () => {
  variables = { DATABASE_URL: 'postgres://127.0.0.1:1/none' }
  const status = await run('process', 'list', '--status', 'bogus')
  expect(status).toMatchObject({ code: 2, out: '' })
  expect(status.err).toStartWith('No process has the status "bogus"\n')
  expect((await run('process', 'list', '--limit', 'x')).code).toBe(2)
  expect((await run('proto', 'nowhere')).err).toStartWith('There is no folder nowhere\n')
  expect((await run('openapi', '--check')).err).toStartWith('just openapi: --check needs a value\n')
  expect((await run('process', 'retry', '/x', '--reason', 'y')).err).toStartWith(
    'just process retry has no option --reason',
  )
  variables = {}
})

test('a database that does not answer is told in words, with what to do', async () => {
  variables = { DATABASE_URL: 'postgres://ann:hunter2@127.0.0.1:1/none' }
  const { err, code } = await run('process', 'list')
  variables = {}
  expect(code).toBe(1)
  expect(err.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^Cannot connect to postgres:\/\/ann@localhost:1\/none: .*ECONNREFUSED/),
    'Check that the server runs, and its address (DATABASE_URL).',
    '(SQL_CONNECTION)',
  ])
})

test.each([
  { args: ['process', 'list'] },
  { args: ['migrate', 'run', '--entry', crowdfunding] },
  { args: ['process', 'compat', crowdfunding] },
  { args: ['process', 'compat', crowdfunding, '--env', 'production'], environment: {} },
  { args: ['migrate', 'status', '--entry', crowdfunding, '--env', 'production'], environment: {} },
])('in production, just $args takes no database but the one that is named', async ({ args, environment }) => {
  variables = environment ?? { NODE_ENV: 'production' }
  const { err, code } = await run(...args)
  variables = {}
  expect([err.split('\n')[0], code]).toEqual(['DATABASE_URL is not set', 2])
})

test('just process says that no app has run on a database', async () => {
  const database = await testDatabase()
  variables = { DATABASE_URL: database.url }
  try {
    const { err, code } = await run('process', 'list', '--json')
    expect(err).toStartWith('No app with processes has run on this database yet (DATABASE_URL)\n')
    expect([err.split('\n').length, code]).toEqual([3, 1])
  } finally {
    variables = {}
    await database.drop()
  }
}, 30_000)

test('just dev says that there is no such file, and ends', async () => {
  expect(await run('dev', 'nope.ts')).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('There is no nope.ts'),
  })
})
