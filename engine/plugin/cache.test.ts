/** The disk cache: what was compiled is read, what changed is compiled, and a broken folder is no cache. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileCached } from './cache.ts'

const root = mkdtempSync(join(tmpdir(), 'justscale-cache-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const source = `import { defineProcess } from '@justscale/engine'
export const p = defineProcess({ path: '/x/:id', async handler({ svc }: any) { return svc.id(1) } })
`
const file = '/app/cached.ts'

test('a module is compiled once, and again when its text or its place changes', () => {
  const cache = join(root, 'once')
  const code = compileCached(file, source, { cache })
  expect(code).toContain('justscale.compiled')
  const [stored] = readdirSync(cache)
  expect(readdirSync(cache)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.js$/)])
  writeFileSync(join(cache, String(stored)), 'from the cache')
  expect(compileCached(file, source, { cache })).toBe('from the cache')
  expect(compileCached(file, source.replace('id(1)', 'id(2)'), { cache })).toContain('id(2)')
  expect(compileCached('/app/other.ts', source, { cache })).toBe(code?.replaceAll('cached.ts', 'other.ts'))
  expect(readdirSync(cache).length).toBe(3)
})

test('that a module has nothing to compile is remembered too', () => {
  const cache = join(root, 'nothing')
  const plain = 'export const createProcess = 1\n'
  expect(compileCached(file, plain, { cache })).toBeUndefined()
  expect(readdirSync(cache).length).toBe(1)
  expect(compileCached(file, plain, { cache })).toBeUndefined()
})

test('where nothing can be written, and where no cache is wanted, it compiles', () => {
  const blocked = join(root, 'file')
  writeFileSync(blocked, '')
  const expected = compileCached(file, source, { cache: false })
  expect(expected).toContain('justscale.compiled')
  expect(compileCached(file, source, { cache: join(blocked, 'below') })).toBe(String(expected))
})

test('what is imported through files of the application is compiled again when one of them changes', () => {
  const cache = join(root, 'through')
  const importer = join(root, 'importer.ts')
  const barrel = join(root, 'barrel.ts')
  const text = source.replace('@justscale/engine', './barrel.ts')
  writeFileSync(barrel, "export { other as defineProcess } from '@justscale/engine'\n")
  expect(compileCached(importer, text, { cache })).toBeUndefined()
  writeFileSync(barrel, "export * from '@justscale/engine'\n")
  const code = compileCached(importer, text, { cache })
  expect(code).toContain('justscale.compiled')
  expect(compileCached(importer, text, { cache })).toBe(code)
  rmSync(barrel)
  expect(compileCached(importer, text, { cache })).toBeUndefined()
})
