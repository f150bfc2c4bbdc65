import { expect, test } from 'bun:test'
import { dueTime } from './due-time.ts'

const now = Date.parse('2026-01-31T12:00:00Z')

test('months and years are those of the calendar', () => {
  expect(new Date(dueTime(now, 1, 'months')).toISOString()).toBe('2026-02-28T12:00:00.000Z')
  expect(new Date(dueTime(now, 8_000, 'years')).toISOString()).toBe('+010026-01-31T12:00:00.000Z')
})

test.each([
  [8.64e15, 'milliseconds'],
  [1e300, 'days'],
  [300_000, 'years'],
  [1e15, 'years'],
  [2 ** 40, 'months'],
] as const)('a delay of %d %s ends when there are no dates any more, and is refused in words', (amount, unit) => {
  expect(() => dueTime(now, amount, unit)).toThrow(`delay.${unit}(${amount}) ends after the year 275760`)
})

test.each([Infinity, Number.NaN, -1])('a delay of %d days is none', (amount) => {
  expect(() => dueTime(now, amount, 'days')).toThrow(RangeError)
})
