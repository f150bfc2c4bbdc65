import { expect, test } from 'bun:test'
import { TestClock } from '../testing/index.ts'
import type { DriverConnection } from './driver-connection.ts'
import { Listener } from './listener.ts'

test('a listener is told for how long nothing could be heard, failed attempts included', async () => {
  const clock = new TestClock()
  const closed: (() => void)[] = []
  let reachable = true
  const connection = { healthy: true, run: async () => [], end: async () => {}, destroy: () => {} }
  const listener = new Listener({
    clock,
    async open(_, onClosed) {
      if (reachable) {
        closed.push(onClosed)
        return connection as unknown as DriverConnection
      }
      onClosed()
      throw new Error('unreachable')
    },
  })
  const silences: number[] = []
  await listener.listen(
    'news',
    () => {},
    (silent) => silences.push(silent),
  )
  reachable = false
  closed.at(-1)?.()
  await clock.advance(70_000)
  expect(silences).toEqual([0])
  reachable = true
  await clock.advance(5_000)
  closed.at(-1)?.()
  await clock.advance(5_000)
  await listener.close()
  const [first, second = 0, third = 0] = silences
  expect([first, second >= 80_000 && second <= 90_000, third <= 15_000]).toEqual([0, true, true])
  expect(silences).toHaveLength(3)
})
