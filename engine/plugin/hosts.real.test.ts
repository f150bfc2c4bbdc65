/** The same process file under every host that runs it: `bun run`, a worker, a minified bundle, one executable, `--watch`. */
import { afterAll, describe, expect, test } from 'bun:test'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const room = join(import.meta.dir, '..')
const fixtures = join(import.meta.dir, 'fixtures')
const register = join(import.meta.dir, 'register.ts')
const folder = mkdtempSync(join(tmpdir(), 'justscale-hosts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(command: readonly string[], cwd = room): Promise<string> {
  const child = Bun.spawn([...command], { cwd, stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  await child.exited
  return out + err
}

const bun = process.execPath
const plain = (answer: number): string[] => [bun, '--preload', register, join(fixtures, 'main.ts'), String(answer)]

describe('bun run', () => {
  test('runs the compiled handler, with its helper and imports', async () => {
    expect(await run(plain(1))).toBe('result 3\n')
  })

  test("an error in the handler shows the user's line", async () => {
    const out = await run(plain(101))
    expect(out).toContain('Error: in the handler')
    expect(out).toMatch(/order-process\.ts:21\b/)
    expect(out).not.toContain('/engine/machine/')
  })

  test("an error of the language says what the user wrote, on the user's line", async () => {
    const out = await run(plain(60))
    expect(out).toContain("'nothing.total'")
    expect(out).toMatch(/order-process\.ts:24\b/)
  })

  test("an error in a helper of the module shows the helper's line", async () => {
    const out = await run(plain(-1))
    expect(out).toContain('Error: in the helper')
    expect(out).toMatch(/order-process\.ts:10:\d+/)
  })
})

/** What `main.ts` prints when its process fails: in the handler, by the language, in a helper. */
const failures: readonly (readonly [answer: number, stack: RegExp])[] = [
  [101, /^Error: in the handler\n +at .*plugin\/fixtures\/order-process\.ts:21:\d+\)/],
  [60, /^TypeError: .*'nothing\.total'\)\n +at .*plugin\/fixtures\/order-process\.ts:24:\d+\)/],
  [-1, /^Error: in the helper\n +at .*plugin\/fixtures\/order-process\.ts:10:\d+\)/],
]

async function expectFailures(command: (answer: number) => readonly string[]): Promise<void> {
  for (const [answer, stack] of failures) {
    const out = await run(command(answer))
    expect(out).toMatch(stack)
    expect(out.split('\n').filter((line) => /machine\/|main\.js|bunfs/.test(line))).toEqual([])
  }
}

test('a minified bundle, with stacks in the lines of the source and without the folders of the build', async () => {
  await run([bun, join(fixtures, 'build.ts'), join(fixtures, 'main.ts'), join(folder, 'bundle'), 'bundle'])
  const bundle = join(folder, 'bundle/main.js')
  expect(await run([bun, bundle, '2'])).toBe('result 5\n')
  await expectFailures((answer) => [bun, bundle, String(answer)])
  expect(readFileSync(bundle, 'utf8')).not.toContain(room)
})

test('one executable, with stacks in the lines of the source', async () => {
  await run([bun, join(fixtures, 'build.ts'), join(fixtures, 'main.ts'), join(folder, 'program'), 'compile'])
  expect(await run([join(folder, 'program'), '3'], folder)).toBe('result 7\n')
  await expectFailures((answer) => [join(folder, 'program'), String(answer)])
}, 60_000)

test('a worker that preloads the plugin, with stacks in the lines of the source', async () => {
  const main = join(folder, 'worker-main.ts')
  const file = JSON.stringify(join(fixtures, 'main.ts'))
  writeFileSync(
    main,
    `new Worker(${file}, { preload: [${JSON.stringify(register)}], env: { ...process.env, ANSWER: process.argv[2] } })`,
  )
  expect(await run([bun, main, '1'])).toBe('result 3\n')
  await expectFailures((answer) => [bun, main, String(answer)])
})

test('bun test, with stacks in the lines of the source', async () => {
  const project = join(folder, 'tested')
  mkdirSync(project)
  writeFileSync(join(project, 'bunfig.toml'), `[test]\npreload = [${JSON.stringify(register)}]\n`)
  writeFileSync(
    join(project, 'order.test.ts'),
    `import { test } from 'bun:test'\ntest('runs', async () => { await import(${JSON.stringify(join(fixtures, 'main.ts'))}) })\n`,
  )
  const lines = async (answer: number): Promise<string> => {
    const out = await run(['env', `ANSWER=${answer}`, bun, 'test', '--cwd', project], project)
    return out.slice(Math.max(0, out.search(/^(result|\w*Error: )/m)))
  }
  expect(await lines(1)).toStartWith('result 3\n')
  for (const [answer, stack] of failures) expect(await lines(answer)).toMatch(stack)
})

test('an entry and modules in CommonJS run as they do without the plugin', async () => {
  const entry = join(folder, 'entry.cjs')
  writeFileSync(join(folder, 'part.cjs'), 'module.exports = { part: 7 }\n')
  writeFileSync(
    entry,
    "const { part } = require('./part.cjs')\nif (require.main === module) console.log('part', part)\n",
  )
  expect(await run([bun, '--preload', register, entry])).toBe('part 7\n')
})

test('a refusal shows the user’s file and line, not the compiler', async () => {
  const file = join(folder, 'refused.ts')
  writeFileSync(
    file,
    `import { defineProcess } from '@justscale/engine'\n\ndefineProcess({\n  path: '/x',\n  async handler() {\n    await this.x\n  },\n})\n`,
  )
  const out = await run([bun, '--preload', register, file])
  expect(out).toContain('refused.ts:6:11 - COMPILE_THIS')
  expect(out).toContain('> 6 |     await this.x')
})

test('a refusal is told to a program that imports its module by name', async () => {
  writeFileSync(
    join(folder, 'imported.ts'),
    `import { defineProcess } from '@justscale/engine'\n\nexport const life = defineProcess({\n  path: '/x',\n  async handler() {\n    await this.x\n  },\n})\nexport default life\n`,
  )
  const file = join(folder, 'imports.ts')
  writeFileSync(file, `import whole, { life } from './imported.ts'\nconsole.log(whole, life)\n`)
  const out = await run([bun, '--preload', register, file])
  expect(out).toContain('imported.ts:6:11 - COMPILE_THIS')
  expect(out).not.toContain('not found')
})

test('without the plugin, a process says what to add to bunfig.toml', async () => {
  const file = join(fixtures, 'uncompiled.ts')
  const out = await run([bun, file])
  expect(out).toMatch(/The process \/uncompiled\/:id \(defined at .*uncompiled\.ts:\d+:\d+\) was not compiled/)
  expect(out).toContain('preload = ["@justscale/engine/plugin/register"]')
  expect(out).toContain('[test]')
})

test('a warning is told when a module is compiled, with its place and code', async () => {
  const file = join(folder, 'warned.ts')
  writeFileSync(
    file,
    `import { defineProcess } from '@justscale/engine'\n\ndefineProcess({\n  path: '/x/:id',\n  async handler({ locks, mail }, { id }) {\n    using held = await locks.lock(id)\n    await mail.send(id)\n  },\n})\n`,
  )
  const first = await run([bun, '--preload', register, file])
  expect(first).toContain('warned.ts:7:5 - COMPILE_EFFECT_IN_LOCK')
  expect(first).toContain('> 7 |     await mail.send(id)')
  expect(first.split('COMPILE_EFFECT_IN_LOCK:').length).toBe(2)
  expect(await run(['env', 'JUSTSCALE_ENV=production', bun, '--preload', register, file])).not.toContain(
    'COMPILE_EFFECT',
  )
})

test('bun --watch sees edits of a compiled file', async () => {
  const copy = join(room, 'plugin/fixtures/watched')
  cpSync(join(fixtures, 'order-process.ts'), join(copy, 'order-process.ts'))
  cpSync(join(fixtures, 'rate.ts'), join(copy, 'rate.ts'))
  const text = readFileSync(join(fixtures, 'main.ts'), 'utf8').replaceAll('../../', '../../../')
  writeFileSync(join(copy, 'main.ts'), `${text}\nsetInterval(() => undefined, 1000)\n`)
  const child = Bun.spawn([bun, '--watch', '--no-clear-screen', '--preload', register, join(copy, 'main.ts'), '1'], {
    cwd: room,
    stdout: 'pipe',
    stderr: 'inherit',
  })
  try {
    const reader = child.stdout.getReader()
    const decoder = new TextDecoder()
    let seen = ''
    const until = async (wanted: string): Promise<void> => {
      while (!seen.includes(wanted)) {
        const { value, done } = await reader.read()
        if (done) throw new Error(`Ended before '${wanted}': ${seen}`)
        seen += decoder.decode(value)
      }
    }
    await until('result 3')
    const file = join(copy, 'order-process.ts')
    writeFileSync(file, readFileSync(file, 'utf8').replace('return nothing!.total +', 'return 1000 +'))
    await until('result 1002')
  } finally {
    child.kill()
    await child.exited
    rmSync(copy, { recursive: true, force: true })
  }
}, 30_000)
