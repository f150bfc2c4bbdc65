import { expect, test } from 'bun:test'
import { lockPlace } from './lock-place.ts'

test('the place of a lock is the line that took it', () => {
  const place = lockPlace('GET /orders')()
  expect(place.cell).toBe('GET /orders')
  expect(place.line).toMatch(/lock-place\.test\.ts:5:\d+$/)
})
