import { expect, test } from 'bun:test'
import { fromServerText, toServerText } from './calendar-text.ts'

test.each([
  ['2026-01-02', '2026-01-02'],
  ['0001-01-01', '0001-01-01'],
  ['0000-02-29', '0001-02-29 BC'],
  ['-000043-03-15', '0044-03-15 BC'],
  ['+010000-01-01', '10000-01-01'],
  ['+271821-04-20', '271821-04-20'],
  ['-000001-06-01T12:00:00Z', '0002-06-01T12:00:00Z BC'],
])('%s is %s to the server', (iso, server) => {
  expect(toServerText(iso)).toBe(server)
  const read = iso.includes('T') ? Temporal.Instant : Temporal.PlainDate
  expect(read.from(fromServerText(server)).toString()).toBe(iso)
})
