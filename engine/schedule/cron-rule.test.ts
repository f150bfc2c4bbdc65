import { describe, expect, test } from 'bun:test'
import { ScheduleDefinitionError } from '../errors.ts'
import { cronRule } from './cron-rule.ts'

const at = (text: string) => new Date(text).getTime()
const text = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString())

/** The moments from `from` on, as UTC. */
function moments(cron: string, timeZone: string, from: string, count: number): (string | undefined)[] {
  const rule = cronRule(cron, timeZone)
  const found: (string | undefined)[] = []
  for (let time: number | undefined = at(from); found.length < count && time !== undefined;) {
    time = rule.after(time)
    found.push(text(time)?.slice(5, 16))
  }
  return found
}

test('moments are in the time zone, summer and winter', () => {
  expect(moments('0 9 * * MON', 'Europe/Amsterdam', '2026-10-18T00:00Z', 3)).toEqual([
    '10-19T07:00',
    '10-26T08:00',
    '11-02T08:00',
  ])
})

describe('when clocks change', () => {
  test('a fixed time that is left out comes at the end of the gap', () => {
    expect(moments('30 2 * * *', 'Europe/Amsterdam', '2026-03-28T00:00Z', 3)).toEqual([
      '03-28T01:30',
      '03-29T01:00',
      '03-30T00:30',
    ])
  })

  test('a fixed time that comes twice counts once', () => {
    expect(moments('30 2 * * *', 'Europe/Amsterdam', '2026-10-24T00:00Z', 3)).toEqual([
      '10-24T00:30',
      '10-25T00:30',
      '10-26T01:30',
    ])
  })

  test('an interval goes on evenly', () => {
    expect(moments('*/30 * * * *', 'Europe/Amsterdam', '2026-10-25T00:10Z', 4)).toEqual([
      '10-25T00:30',
      '10-25T01:00',
      '10-25T01:30',
      '10-25T02:00',
    ])
  })
})

test('looking back finds the moments that looking ahead gave', () => {
  for (const [cron, zone] of [
    ['30 2 * * *', 'Europe/Amsterdam'],
    ['*/20 1-3 * * *', 'America/New_York'],
    ['0 0 1 * *', 'Australia/Lord_Howe'],
    ['15,45 * * * * *', 'UTC'],
  ] as const) {
    const rule = cronRule(cron, zone)
    for (const start of ['2026-03-07T00:00Z', '2026-03-28T12:00Z', '2026-10-24T12:00Z', '2026-10-31T12:00Z']) {
      let time = at(start)
      for (let count = 0; count < 40; count++) {
        const next = rule.after(time) as number
        const found = { cron, zone, at: text(rule.upTo(next)), between: text(rule.upTo(next - 1)) }
        const between = count === 0 ? found.between : text(time)
        expect(found).toEqual({ cron, zone, at: text(next), between })
        time = next
      }
    }
  }
})

test('what is no rule is refused with the reason', () => {
  for (const [cron, zone, message] of [
    ['61 * * * *', 'UTC', /'61 \* \* \* \*' is no cron rule: .*61/],
    ['never', 'UTC', /is no cron rule/],
    ['* * * *', 'UTC', /is no cron rule/],
    ['0 0 30 2 *', 'UTC', /names no moment/],
    ['0 0 * * *', 'Mars/Base', /'Mars\/Base' is no time zone/],
  ] as const) {
    expect(() => cronRule(cron, zone)).toThrow(ScheduleDefinitionError)
    expect(() => cronRule(cron, zone)).toThrow(message)
  }
})
