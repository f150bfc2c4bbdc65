import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { gather } from './gather.ts'
import { plainQuery } from './plain-query.ts'

test('reads what URLSearchParams reads', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '&',
      '=',
      '%',
      '%20',
      '%ff',
      '%C3%A9',
      '+',
      '%26',
      '%3D',
      'a',
      'b',
      'constructor',
      '__proto__',
      'é',
      '?',
    ),
    fc.string({ maxLength: 3 }).map((text) => text.replaceAll('#', '')),
  )
  const query = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(query, (text) => {
      const expected = gather(new URLSearchParams(`&${text}`) as unknown as Iterable<[string, unknown]>)
      expect(plainQuery(`http://a/b?${text}#c`)).toEqual(expected)
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['/b', {}],
  ['/b?', {}],
  ['/b?a=1&a=2&a=3', { a: ['1', '2', '3'] }],
  ['/b?constructor=1&toString=2&hasOwnProperty=3', { constructor: '1', toString: '2', hasOwnProperty: '3' }],
  ['/b?__proto__=1&__proto__=2', {}],
  ['/b?%5F_proto__=1', {}],
  ['/b?a=1#?c=2', { a: '1' }],
])('%s has %p', (url, query) => {
  expect(plainQuery(url)).toEqual(query as never)
  expect(Object.getPrototypeOf(plainQuery(url))).toBe(Object.prototype)
})
