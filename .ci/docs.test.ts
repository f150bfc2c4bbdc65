import { expect, test } from 'bun:test'
import { deadLinks, missingProofs, unexplainedErrors } from './docs.ts'

test('a link to a file that is not there is dead; one in code or to the web is not looked at', () => {
  const text = '[a](b.md) [c](../README.md#top) [w](https://example.com)\n```\n[x](nowhere.md)\n```'
  expect(deadLinks([{ path: 'docs/a.md', text }], (path) => path === 'README.md')).toEqual([
    'docs/a.md: the link to b.md leads nowhere',
  ])
})

test('a code needs a page and a page a code', () => {
  const source = { path: 'core/errors.ts', text: `readonly code = 'CORE_ONE'\nreadonly code: string = 'CORE_TWO'` }
  expect(unexplainedErrors([source], ['CORE_TWO', 'CORE_OLD'])).toEqual([
    'core/errors.ts: CORE_ONE has no page docs/errors/CORE_ONE.md',
    'docs/errors/CORE_OLD.md explains a code that nothing has',
  ])
})

test('a proof names what its file has', () => {
  const text = '| a | [a](../a.test.ts) "one" |\n| b | [a](../a.test.ts) "two", [b](../b.test.ts) "one" |'
  const sources = new Map([['a.test.ts', "test('one', ...)"]])
  expect(missingProofs([{ path: 'docs/promises.md', text }], (path) => sources.get(path))).toEqual([
    'docs/promises.md: ../a.test.ts has no "two"',
    'docs/promises.md: ../b.test.ts has no "one"',
  ])
})
