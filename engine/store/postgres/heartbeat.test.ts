import { expect, test } from 'bun:test'
import type { Clock } from '../../clock/clock.ts'
import { systemClock } from '../../clock/clock.ts'
import { Heartbeat } from './heartbeat.ts'

test('a heartbeat that cannot start leaves nothing behind', async () => {
  const pending = new Set<object>()
  const clock: Clock = {
    now: () => systemClock.now(),
    schedule(delay, wake) {
      const scheduled = systemClock.schedule(delay, () => {
        pending.delete(scheduled)
        wake()
      })
      pending.add(scheduled)
      return { cancel: () => (pending.delete(scheduled), scheduled.cancel()) }
    },
  }
  const options = { url: 'no address', applicationName: 'test', schema: 'test', node: 1, lease: 3_500, stuck: Infinity }
  const reasons: string[] = []
  await expect(Heartbeat.start(options, clock, (reason) => reasons.push(reason))).rejects.toThrow()
  expect(pending.size).toBe(0)
  expect(reasons).toHaveLength(1)
})
