import { expect, test } from 'bun:test'
import { ScheduleDefinitionError } from '../errors.ts'
import { defineSchedule } from './schedule.ts'

const named = (name: string) => () => defineSchedule({ name, cron: '@daily', fire() {} })

test.each(['', 'a\0b', 'half \ud83d', 'x'.repeat(501)])('%j is no name of a schedule, in any store', (name) => {
  expect(named(name)).toThrow(ScheduleDefinitionError)
})

test('other names are', () => {
  expect(named('every night, at 3')().name).toBe('every night, at 3')
})

test('what happens to missed moments is one of three things', () => {
  const missed = 'never' as 'skip'
  expect(() => defineSchedule({ name: 'nightly', cron: '@daily', missed, fire() {} })).toThrow(
    "missed of nightly is 'never': it is one of latest, all, skip",
  )
})
