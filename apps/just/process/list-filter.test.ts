import { expect, test } from 'bun:test'
import { MisuseError } from '../program/misuse-error.ts'
import { listFilter } from './list-filter.ts'

test('statuses are read by comma, and what is not said is left out', () => {
  expect(listFilter({ status: 'failed, quarantined', path: '/order', limit: '20' })).toEqual({
    status: ['failed', 'quarantined'],
    path: '/order',
    limit: 20,
  })
  expect(listFilter({ limit: '100' })).toEqual({ limit: 100 })
})

test.each([
  [{ status: 'failed,bogus', limit: '1' }, 'No process has the status "bogus"'],
  [{ limit: 'x' }, '--limit takes a whole number from 1 on, not "x"'],
  [{ limit: '0' }, 'not "0"'],
  [{ limit: '-1' }, 'not "-1"'],
  [{ limit: '1.5' }, 'not "1.5"'],
])('%j is refused with what to write', (given, message) => {
  expect(() => listFilter(given)).toThrow(MisuseError)
  expect(() => listFilter(given)).toThrow(message)
})
