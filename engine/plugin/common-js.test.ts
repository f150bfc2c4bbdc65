/** CommonJS modules of an application are what they are without the plugin. */
import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commonJs } from './common-js.ts'

const folder = mkdtempSync(join(tmpdir(), 'justscale-common-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function imported(name: string, text: string): Promise<Record<string, unknown>> {
  const file = join(folder, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, text)
  return (await import(file)) as Record<string, unknown>
}

test('exports one by one, with their types', async () => {
  const module = await imported('named.js', 'exports.a = 1\nexports.b = function () { return exports.a + 1 }\n')
  expect([module['a'], (module['b'] as () => number)()]).toEqual([1, 2])
})

test('module.exports: an object, a function, a plain value; also by require', async () => {
  const module = await imported('object.cjs', "module.exports = { path: require('node:path').sep, here: __filename }\n")
  expect(module).toMatchObject({ path: '/', default: { path: '/' } })
  expect((await imported('plain.js', 'module.exports = 42\n'))['default']).toBe(42)
  const file = join(folder, 'function.js')
  writeFileSync(file, 'module.exports = () => 3\nmodule.exports.extra = 4\n')
  const required = import.meta.require(file) as (() => number) & { extra: number }
  expect([required(), required.extra]).toEqual([3, 4])
})

test('what a compiler made of a module, and two that need each other', async () => {
  const mark = "Object.defineProperty(exports, '__esModule', { value: true })\n"
  const module = await imported('marked.js', `${mark}exports.default = 'd'\nexports.x = 1\n`)
  expect([module['default'], module['x']]).toEqual(['d', 1])
  expect(import.meta.require(join(folder, 'marked.js'))).toMatchObject({ default: 'd', x: 1 })
  writeFileSync(join(folder, 'right.js'), "exports.seen = require('./left.js').early\nexports.right = 2\n")
  const left = await imported('left.js', "exports.early = 1\nObject.assign(exports, require('./right.js'))\n")
  expect(left).toMatchObject({ early: 1, seen: 1, right: 2 })
})

test('modules, also with a require in them, stay with whoever loads them', () => {
  const cases = [
    "import { a } from './a.ts'\nrequire('./b.js')",
    "const a = require('./a.js')\nexport default a",
    "require('./a.js'); export { a } from './b.ts'",
    'const text = 1\n',
    "require('./mistake",
  ]
  for (const source of cases) expect(commonJs(join(folder, 'absent.ts'), source, 'ts')).toBeUndefined()
})
