import { expect, test } from 'bun:test'
import { TestClock } from './test-clock.ts'

test.each([Number.NaN, 'no date'])('the clock does not advance to %p, and goes on', async (time) => {
  const clock = new TestClock()
  const before = clock.now()
  await expect(clock.advanceTo(time)).rejects.toThrow('cannot advance to')
  await clock.advance(5)
  expect(clock.now()).toBe(before + 5)
})

test('a timer that schedules itself without a delay is an error, not the end of the test run', async () => {
  const clock = new TestClock()
  const again = () => void clock.schedule(0, again)
  again()
  await expect(clock.advance(5)).rejects.toThrow('schedules itself without a delay')
})
