/** Everything the guide shows compiles, and what it says a program prints is what the program prints. */
import { afterAll, describe, expect, test } from 'bun:test'
import { testDatabase } from '@justscale/engine/embedded'
import { runCompiler } from '@justscale/core/testing'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Page, readPage } from './page.ts'

const root = join(import.meta.dir, '../..')
const folder = join(import.meta.dir, `.pages-${process.pid}`)
/** Log lines: pages show what the program itself prints. */
const logLine = /^\d\d:\d\d:\d\d\.\d{3} .*\n/gm
const names = [...new Bun.Glob('*.md').scanSync(import.meta.dir)].sort()
const pages = new Map<string, Page>()
for (const name of names) {
  const text = await Bun.file(join(import.meta.dir, name)).text()
  try {
    pages.set(name, readPage(text))
  } catch (error) {
    throw new Error(`docs/guide/${name}, ${error instanceof Error ? error.message : ''}`)
  }
}

for (const [name, { files }] of pages) {
  await mkdir(join(folder, name), { recursive: true })
  for (const [file, text] of files) await Bun.write(join(folder, name, file), text)
}
afterAll(() => rm(folder, { recursive: true, force: true }))

test('every program of the guide compiles', async () => {
  await run([process.execPath, join(root, 'apps/just/main.ts'), 'proto', folder])
  const config = { extends: join(root, 'tsconfig.json'), include: [`${folder}/**/*.ts`], exclude: [] }
  await Bun.write(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const found = (await runCompiler(folder, ['-p', folder, '--pretty', 'false'])).split('\n')
  // What the pages import is checked with its own room.
  expect(found.filter((line) => /^[\w-]+\.md\/.*error TS/.test(line))).toEqual([])
})

for (const [name, { outputs, files }] of pages) {
  if (outputs.size === 0) continue
  describe(name, () => {
    for (const [file, output] of outputs) {
      test(`${file} prints what the page says`, async () => {
        const path = join(folder, name, file)
        const needsDatabase = [...files.values()].some((text) => text.includes('PostgresFeature'))
        const database = needsDatabase ? await testDatabase() : undefined
        try {
          const args = file.endsWith('.test.ts') ? ['test', path] : [path]
          const printed = await run([process.execPath, ...args], { DATABASE_URL: database?.url })
          if (file.endsWith('.test.ts')) expect(printed).toContain(' 0 fail')
          else expect(printed.replaceAll(logLine, '')).toBe(output)
        } finally {
          await database?.drop()
        }
      })
    }
  })
}

/** What a command prints, for a test everything it prints. Throws when it fails, with that. */
async function run(command: readonly string[], env: Record<string, string | undefined> = {}): Promise<string> {
  const child = Bun.spawn([...command], {
    cwd: root,
    env: { ...process.env, NODE_ENV: undefined, JUSTSCALE_ENV: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')} failed:\n${output}${errors}`)
  return command.includes('test') ? output + errors : output
}
