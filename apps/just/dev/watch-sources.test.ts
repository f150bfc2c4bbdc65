import { expect, test } from 'bun:test'
import { isSource } from './watch-sources.ts'

test.each([
  ['main.ts', true],
  ['order/order.ts', true],
  ['greeter.proto', true],
  ['order/order.test.ts', false],
  ['node_modules/zod/index.js', false],
  ['.justscale/postgres/data/x.json', false],
  ['README.md', false],
])('an edit of %s restarts: %p', (path, expected) => {
  expect(isSource(path)).toBe(expected)
})
