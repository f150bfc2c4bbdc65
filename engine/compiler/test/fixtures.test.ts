/**
 * Fixtures: `fixtures/<case>/input.ts` and the program it becomes. A program that changes is a change of what new processes
 * run: look at the difference, then write the new text with `UPDATE_FIXTURES=1`.
 */
import { expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { printProgram } from '../../program/index.ts'
import { transform } from '../index.ts'

const folder = join(import.meta.dir, '../fixtures')

test.each(readdirSync(folder))('%s', (name) => {
  const source = readFileSync(join(folder, name, 'input.ts'), 'utf8')
  const compiled = transform(`/app/${name}.ts`, source)
  const [first] = compiled?.programs ?? []
  if (!first) throw new Error('Nothing to compile')
  const file = join(folder, name, 'program.txt')
  const text = printProgram(first.program, first.debug)
  if (process.env['UPDATE_FIXTURES'] || !existsSync(file)) writeFileSync(file, text)
  expect(text).toBe(readFileSync(file, 'utf8'))
  expect(compiled?.code?.split('\n').length).toBe(source.split('\n').length)
})

test('formatting, comments and types do not change the hash; code does', () => {
  const source = readFileSync(join(folder, 'fan-out/input.ts'), 'utf8')
  const hash = (text: string): string | undefined => transform('/app/fan-out.ts', text)?.programs[0]?.hash
  expect(
    hash(source.replace('async (item) =>', 'async (item: unknown) =>\n/* a comment */').replaceAll("'", '"')),
  ).toBe(hash(source))
  expect(hash(source.replace('attempts: 3', 'attempts: 4'))).not.toBe(hash(source))
})

test('neither does the spelling of numbers, quotes and keys that formatters choose', () => {
  const hash = (value: string): string | undefined =>
    transform(
      '/app/case.ts',
      `import { createProcess } from '@justscale/core/process'\ncreateProcess({ path: '/x/:id', async handler({ svc }) { return svc.id(${value}) } })`,
    )?.programs[0]?.hash
  const same = [
    ['16', '0x10', '0X10', '16.0', '1_6', '1.6e1'],
    ['0.5', '.5', '0.50'],
    ['255n', '0xFFn', '25_5n'],
    ['{ key: 1 }', "{ 'key': 1 }", '{ "key": 1 }'],
    ["{ 'a-b': 1 }", '{ "a-b": 1 }'],
  ]
  for (const [first = '', ...others] of same) for (const other of others) expect(hash(other)).toBe(String(hash(first)))
  expect(hash('0.5')).not.toBe(String(hash('0.51')))
})
