import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const just = join(import.meta.dir, '..', 'main.ts')
const bunfig = '--config=/dev/null'

let project: string
const projects: string[] = []
let started: Dev[]

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'justscale-dev-'))
  projects.push(project)
  chmodSync(project, 0o755)
  app('one')
  started = []
})

afterEach(async () => {
  for (const dev of started) await dev.end('SIGTERM')
  rmSync(project, { recursive: true, force: true })
})

// A database that was just being made when its app was ended finds its folder gone, and leaves what it wrote meanwhile.
afterAll(() => {
  for (const folder of projects) rmSync(folder, { recursive: true, force: true })
})

/** An app that says which version it is, on which database, and stays. */
function app(version: string): void {
  const lines = [
    `console.log('app ${version} ' + process.env.DATABASE_URL + ' in process ' + process.pid)`,
    `process.on('SIGTERM', () => process.exit(0))`,
    `setInterval(() => {}, 1000)`,
  ]
  writeFileSync(join(project, 'main.ts'), lines.join('\n'))
}

class Dev {
  readonly #child: Bun.Subprocess<'ignore', 'pipe', 'inherit'>
  #output = ''
  #grown = Promise.withResolvers<void>()

  constructor(program: readonly string[] = [just, 'dev', 'main.ts']) {
    const { DATABASE_URL: _, ...env } = process.env
    this.#child = Bun.spawn([process.execPath, bunfig, ...program], {
      cwd: project,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    void this.#read()
    started.push(this)
  }

  /** The first match of `pattern` in what it has printed and will print. */
  async prints(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const found = this.#output.match(pattern)
      if (found !== null) return found
      await this.#grown.promise
    }
  }

  get ended(): Promise<number> {
    return this.#child.exited
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal)
    await this.#child.exited
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder()
    for await (const chunk of this.#child.stdout) {
      this.#output += decoder.decode(chunk, { stream: true })
      this.#grown.resolve()
      this.#grown = Promise.withResolvers()
    }
  }
}

function databaseRuns(): boolean {
  return existsSync(join(realpathSync(join(project, '.justscale', 'postgres')), 'data', 'postmaster.pid'))
}

test('a second one shares the database of the first, and the last one stops it', async () => {
  const first = new Dev()
  const [, url] = await first.prints(/app one (\S+) in/)
  expect(readFileSync(join(project, '.justscale', '.gitignore'), 'utf8')).toBe('*\n')
  const second = new Dev()
  await second.prints(/database: running embedded server/)
  expect((await second.prints(/app one (\S+) in/))[1]).toBe(url)
  await first.end('SIGINT')
  expect(databaseRuns()).toBe(true)
  await second.end('SIGINT')
  expect(databaseRuns()).toBe(false)
})

test('without watching it ends with the app, with its exit code', async () => {
  writeFileSync(join(project, 'main.ts'), 'process.exit(3)')
  const dev = new Dev([just, 'dev', '--no-watch', 'main.ts'])
  await dev.prints(/^The app ended with 3\.\n/m)
  expect(await dev.ended).toBe(3)
})

test('an edit restarts the app on the same database', async () => {
  const dev = new Dev()
  const [, url] = await dev.prints(/app one (\S+) in/)
  app('two')
  expect((await dev.prints(/app two (\S+) in/))[1]).toBe(url)
  await dev.end('SIGINT')
})

test('killed with -9, it leaves no app behind, and the next one goes on with the database', async () => {
  const killed = new Dev()
  const pid = Number((await killed.prints(/in process (\d+)/))[1])
  await killed.end('SIGKILL')
  while (isAlive(pid)) await Bun.sleep(10)
  const next = new Dev()
  await next.prints(/database: running embedded server/)
  await next.prints(/app one/)
  await next.end('SIGINT')
  expect(databaseRuns()).toBe(false)
})

test('started by npx, it ends with it, and takes its app and its database along', async () => {
  const npx = join(project, 'npx-cli.js')
  writeFileSync(
    npx,
    `const command = ${JSON.stringify(`exec ${process.execPath} ${bunfig} ${just} dev main.ts`)}
    Bun.spawn(['sh', '-c', command], { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, npm_config_user_agent: 'npm' } })
    setInterval(() => {}, 1000)`,
  )
  const started = new Dev([npx])
  const pid = Number((await started.prints(/in process (\d+)/))[1])
  await started.end('SIGTERM')
  while (isAlive(pid) || databaseRuns()) await Bun.sleep(10)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
