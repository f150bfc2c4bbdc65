import { expect, test } from 'bun:test'
import { readPage } from './page.ts'

const fence = '```'
const page = (...blocks: readonly [string, string][]) =>
  readPage(blocks.map(([head, text]) => `${fence}${head}\n${text}\n${fence}\n`).join('words\n'))

test('named blocks are files, and output belongs to one', () => {
  const { files, outputs } = page(['ts main.ts', 'console.log(1)'], ['text output of main.ts', '1'], ['sh', 'ls'])
  expect([...files]).toEqual([['main.ts', 'console.log(1)\n']])
  expect([...outputs]).toEqual([['main.ts', '1\n']])
})

test.each([
  ['a ts block needs a file name', [['ts', 'x']]],
  ['there is no file other.ts above', [['text output of other.ts', 'x']]],
  [
    'a second main.ts',
    [
      ['ts main.ts', 'x'],
      ['ts main.ts', 'y'],
    ],
  ],
] as const)('refuses: %s', (message, blocks) => {
  expect(() => page(...(blocks as unknown as [string, string][]))).toThrow(message)
})

test('refuses a block that does not end', () => {
  expect(() => readPage(`words\n${fence}ts main.ts\n`)).toThrow('line 2: a block that does not end')
})
