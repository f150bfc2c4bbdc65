import { expect, test } from 'bun:test'
import { scheduleRow, scheduleTable } from './schedule-row.ts'

const next = Date.UTC(2026, 10, 21, 3)
const schedule = { name: 'nightly', cron: '0 3 * * *', timeZone: 'UTC', since: 0, firings: 0, next }

test('a row says when it fires next, and that nobody fires it', () => {
  expect(scheduleRow(schedule, next - 1)).toEqual({
    name: 'nightly',
    cron: '0 3 * * *',
    timeZone: 'UTC',
    fired: '',
    firings: 0,
    next: '2026-11-21T03:00:00.000Z',
    overdue: false,
  })
  expect(scheduleRow({ ...schedule, fired: 0, firings: 1 }, next + 60_001)).toMatchObject({
    fired: '1970-01-01T00:00:00.000Z',
    overdue: true,
  })
  expect(scheduleTable([])).toBe('no schedules')
})
