/** What the packages declare says what it takes and gives: `any` would silence the compiler in every program that uses it. */
import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emitDeclarations } from './declarations.ts'

const root = join(import.meta.dir, '..')
const packages = ['core', 'engine', 'http', 'rpc', 'adapters/memory', 'adapters/postgres', 'apps/just']

/** Inside a package only: a syntax tree has as many shapes as there are kinds of node, and no exports map leads to it. */
const internal = ['engine/compiler/ast.d.ts']

test('no declaration of a package says any', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'declarations-'))
  try {
    const folders = packages.map((name) => join(root, name))
    expect(await emitDeclarations(folders, folder)).toBe('')
    const found: string[] = []
    for await (const path of new Bun.Glob('**/*.d.ts').scan({ cwd: folder })) {
      const code = (await Bun.file(join(folder, path)).text()).replaceAll(/\/\*\*.*?\*\/|'[^']*'|"[^"]*"/gs, '')
      if (/\bany\b/.test(code)) found.push(path)
    }
    expect(found).toEqual(internal)
    expect(await Bun.file(join(folder, 'core/index.d.ts')).exists()).toBeTrue()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 240_000)
