/** Which of the names that a file hands on are the engine's words. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { handedOn } from './handed-on.ts'
import { transform } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'justscale-handed-on-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const importer = join(root, 'importer.ts')
const follow = (text: string, name: string): string | undefined => {
  writeFileSync(join(root, 'words.ts'), text)
  return handedOn(importer, (specifier) => specifier === 'engine').follow('./words.ts', [name])
}

test.each([
  ['export * from "engine"', 'delay', 'delay'],
  ['export * from "engine"; export const delay = { days: async () => 1 }', 'delay', undefined],
  ['export const delay = { days: async () => 1 }; export * from "engine"', 'delay', undefined],
  ['export * from "engine"; export { signal as delay } from "engine"', 'delay', 'signal'],
  ['export * from "engine"; export { other as delay } from "./other.ts"', 'delay', undefined],
  ['export * from "engine"; export function delay() {}', 'delay', undefined],
  ['export * from "engine"; export type delay = 1', 'delay', 'delay'],
  ['export * from "engine"; export default 1', 'default', undefined],
  ['export * from "./nothing.ts"; export * from "engine"', 'delay', 'delay'],
])('%s: %s is %s', (text, name, word) => {
  expect(follow(text, name)).toBe(word)
})

test('a function of the application that has the name of a word is called', () => {
  writeFileSync(
    join(root, 'words.ts'),
    `export * from '@justscale/core/process'; export const delay = { days: async (n: number) => n }`,
  )
  const source = `import { createProcess, delay } from './words.ts'
export const p = createProcess({ path: '/x/:id', inject: {}, async handler() { return await delay.days(1) } })`
  const ops = transform(importer, source)?.programs[0]?.program.ops.map((each) => each.op)
  expect(ops).toContain('await')
  expect(ops).not.toContain('wait')
})
