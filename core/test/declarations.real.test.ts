/** What the package declares says what it takes and gives: `any` would silence the compiler in every program that uses it. */
import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCompiler } from '../testing/type-fixtures.ts'

const room = join(import.meta.dir, '..')

test('no declaration of core says any', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'declarations-'))
  try {
    const config = join(room, `tsconfig.declarations-${process.pid}.json`)
    const { exports } = (await Bun.file(join(room, 'package.json')).json()) as { exports: Record<string, string> }
    const compilerOptions = {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      outDir: folder,
      rootDir: '..',
    }
    await Bun.write(
      config,
      JSON.stringify({ extends: '../tsconfig.json', include: Object.values(exports), exclude: [], compilerOptions }),
    )
    await runCompiler(room, ['-p', config])
    await rm(config)
    const found: string[] = []
    for await (const path of new Bun.Glob('core/**/*.d.ts').scan({ cwd: folder })) {
      const text = (await Bun.file(join(folder, path)).text()).replaceAll(/\/\*\*.*?\*\/|'[^']*'/gs, '')
      if (/\bany\b/.test(text)) found.push(path)
    }
    expect(found).toEqual([])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)
