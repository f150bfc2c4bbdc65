import { expect, test } from 'bun:test'
import type { Upcoming } from '../store/store.ts'
import { DueTimers } from './due-timers.ts'

/** The processes that are taken. */
function taken(timers: DueTimers, now: number, most: number): readonly string[] {
  return timers.take(now, most).map(({ process }) => process)
}

/** A store with these timers, that tells `most` at once. */
function storeOf(timers: Readonly<Record<string, number>>, most = 2_000) {
  const asked: number[] = []
  const state = { now: 0, shards: [1, 2], before: () => {} }
  const session = {
    shards: () => [...state.shards],
    async upcoming(from: number, horizon: number, limit: number): Promise<Upcoming> {
      asked.push(from)
      const all = Object.entries(timers)
        .map(([process, due]) => ({ process, due }))
        .filter(({ due }) => due >= from && due < state.now + horizon)
        .sort((one, other) => one.due - other.due)
      const told = all.slice(0, Math.min(limit, most))
      state.before()
      const until = told.length < all.length ? (told.at(-1)?.due ?? 0) : state.now + horizon
      return { now: state.now, until, timers: told }
    },
  }
  return { session, asked, state }
}

test('timers come out when they are due, earliest first, and no more than asked for', async () => {
  const { session } = storeOf({ late: 300, early: 100, middle: 200 })
  const timers = new DueTimers(0)
  expect(taken(timers, 1_000, 10)).toEqual([])
  await timers.fill(session, 0)
  expect([timers.next, taken(timers, 99, 10), taken(timers, 250, 10), timers.next]).toEqual([
    100,
    [],
    ['early', 'middle'],
    300,
  ])
  timers.set('soon', 260)
  timers.set('sooner', 255)
  expect(taken(timers, 1_000, 2)).toEqual(['sooner', 'soon'])
})

test('a process has one timer here; what it sets or cancels replaces what was known', async () => {
  const { session } = storeOf({ a: 100, b: 200 })
  const timers = new DueTimers(0)
  await timers.fill(session, 0)
  timers.set('a', 300)
  timers.set('b', undefined)
  expect([timers.size, taken(timers, 299, 10), taken(timers, 300, 10)]).toEqual([1, [], ['a']])
})

test('what changes while the store is asked is newer than its answer', async () => {
  const { session, state } = storeOf({ a: 100, b: 200 })
  const timers = new DueTimers(0)
  state.before = () => {
    timers.set('a', undefined)
    timers.set('c', 150)
  }
  await timers.fill(session, 0)
  expect(taken(timers, 1_000, 10)).toEqual(['c', 'b'])
})

test('where there are more than fit it knows up to when none is missing, and asks on from there in time', async () => {
  const { session, asked, state } = storeOf({ a: 1_000, b: 2_000, c: 2_100, d: 9_000 }, 2)
  const timers = new DueTimers(0)
  await timers.fill(session, 0)
  expect([timers.until, timers.wakeUp]).toEqual([2_000, 1_000])
  timers.set('beyond', 2_050)
  expect(taken(timers, 1_000, 10)).toEqual(['a'])
  expect(await timers.fill(session, 1_700)).toBeUndefined()
  expect(timers.wakeUp).toBe(1_750)
  state.now = 1_800
  await timers.fill(session, 1_800)
  expect(asked).toEqual([-1_000, 2_000])
  expect([timers.until, taken(timers, 5_000, 10)]).toEqual([2_100, ['b', 'c']])
})

test('of more timers at one moment than fit the rest is left to claims', async () => {
  const { session } = storeOf({ a: 500, b: 500, c: 500 }, 2)
  const timers = new DueTimers(0)
  await timers.fill(session, 0)
  expect(timers.until).toBe(500)
  const filled = await timers.fill(session, 400)
  expect([filled?.crowded, timers.until]).toEqual([500, 501])
  expect((await timers.fill(session, 400))?.crowded).toBeUndefined()
})

test('other shards have other timers', async () => {
  const { session, asked, state } = storeOf({ a: 100 })
  const timers = new DueTimers(0)
  await timers.fill(session, 0)
  timers.set('elsewhere', 50)
  state.shards = [3]
  await timers.fill(session, 10)
  expect([asked.length, taken(timers, 1_000, 10)]).toEqual([2, ['a']])
})

test('what was taken too early is put back, unless something newer is known', async () => {
  const { session } = storeOf({ early: 100, due: 90, moved: 101 })
  const timers = new DueTimers(0)
  await timers.fill(session, 0)
  const all = timers.take(110, 10)
  timers.set('moved', 500)
  timers.putBack(all, 95)
  expect([timers.next, taken(timers, 99, 10), taken(timers, 200, 10), timers.next]).toEqual([100, [], ['early'], 500])
})
