/** A fixed number of histories; `histories.soak.ts` goes on. */
import { expect, test } from 'bun:test'
import { checkHistories } from './postgres.ts'

test('every concurrent history of two nodes and two clients is one of calls one after the other', async () => {
  const { unexplained, calls } = await checkHistories(1, 60)
  expect(unexplained).toBeUndefined()
  expect(calls).toBeGreaterThan(400)
}, 60_000)
