/** The packages as users get them: packed, installed in an empty folder, and the README's program run there. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCompiler } from '../core/testing/type-fixtures.ts'
import { readPage } from '../docs/guide/page.ts'
import { packInto } from './pack.ts'

const root = join(import.meta.dir, '..')
let folder: string

async function run(command: string[], cwd: string): Promise<string> {
  const child = Bun.spawn(command, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [out, error, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${out}${error}`)
  return out
}

/** The first TypeScript block of the README. */
async function readmeProgram(): Promise<string> {
  const readme = await Bun.file(join(root, 'README.md')).text()
  const block = readme.match(/```ts\n([\s\S]*?)```/)?.[1]
  if (block === undefined) throw new Error('README.md has no TypeScript block')
  return block
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'justscale-packages-'))
  const manifest = { name: 'shop', type: 'module', dependencies: { 'bun-types': Bun.version, zod: '*' } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'bunfig.toml'), 'preload = ["@justscale/engine/plugin/register"]\n')
  packInto(folder)
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a folder without a package.json is told what it lacks', () => {
  expect(() => packInto(join(folder, 'nowhere'))).toThrow('call `bun init -y` in that folder first')
})

test('every package that is packed can be imported', async () => {
  const names = [
    'engine',
    'engine/memory',
    'engine/postgres',
    'core',
    'core/process',
    'http',
    'rpc',
    'memory',
    'postgres',
  ]
  const program = names.map((name) => `await import('@justscale/${name}')`).join('\n')
  writeFileSync(join(folder, 'imports.ts'), `${program}\nconsole.log('all there')`)
  expect(await run([process.execPath, 'imports.ts'], folder)).toContain('all there')
})

test('the program of the README runs', async () => {
  writeFileSync(join(folder, 'main.ts'), await readmeProgram())
  expect(await run([process.execPath, 'main.ts'], folder)).toContain("status: 'cancelled'".replaceAll("'", '"'))
})

test('a program compiles on the declarations, with stricter settings than ours, and can emit its own', async () => {
  const page = readPage(await Bun.file(join(root, 'docs/guide/getting-started.md')).text())
  const programs = [...page.files.keys()].filter((name) => name.endsWith('.ts'))
  for (const name of programs) writeFileSync(join(folder, name), page.files.get(name) ?? '')
  const example = JSON.parse(page.files.get('tsconfig.json') ?? '') as { compilerOptions: object }
  const stricter = [
    'exactOptionalPropertyTypes',
    'noPropertyAccessFromIndexSignature',
    'noUncheckedIndexedAccess',
    'noUnusedLocals',
    'noUnusedParameters',
    'noImplicitReturns',
    'declaration',
  ]
  const compilerOptions = {
    ...example.compilerOptions,
    ...Object.fromEntries(stricter.map((name) => [name, true])),
    types: ['bun-types'],
    skipLibCheck: false,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: programs }))
  const complaints = (await runCompiler(folder, ['-p', folder, '--pretty', 'false'])).split('\n')
  // What other packages declare is theirs.
  const ours = /^(?!node_modules)|^node_modules\/(\.bun\/)?@justscale/
  expect(programs.length).toBeGreaterThan(2)
  expect(complaints.filter((line) => /error TS/.test(line) && ours.test(line))).toEqual([])
})

test('just lists, builds and runs an app that has nothing but the packages', async () => {
  const page = readPage(await Bun.file(join(root, 'docs/guide/getting-started.md')).text())
  for (const [name, text] of page.files) if (name.endsWith('.ts')) writeFileSync(join(folder, name), text)
  const just = (...args: string[]) => run([process.execPath, join(folder, 'node_modules/.bin/just'), ...args], folder)
  expect(JSON.parse(await just('routes', '--json'))).not.toEqual([])
  expect(JSON.parse(await just('openapi'))).toMatchObject({ openapi: '3.1.0' })
  await just('build', '--out', 'shop')
  const child = Bun.spawn([join(folder, 'shop')], { cwd: tmpdir(), env: {}, stdout: 'pipe', stderr: 'pipe' })
  expect(await new Response(child.stderr).text()).toContain('DATABASE_URL in environment')
  expect(await child.exited).toBe(1)
}, 60_000)
