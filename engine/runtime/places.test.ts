import { expect, test } from 'bun:test'
import { Places } from './places.ts'

const none: readonly string[] = []
const full = (definition: string, count: number) => Array.from({ length: count }, () => definition)

test('definitions with a limit get that many places, others three quarters of all', () => {
  const places = new Places(8, (definition) => (definition === 'two' ? 2 : undefined))
  expect(places.fairLimits(8, ['two'], 0)).toEqual(new Map([['two', 2]]))
  for (let taken = 0; taken < 5; taken++) places.take('hot')
  places.take('two')
  expect([places.free, places.fairLimits(2, ['two'], 0)]).toEqual([
    2,
    new Map([
      ['two', 1],
      ['hot', 1],
    ]),
  ])
  places.take('hot')
  expect(places.fairLimits(1, ['two'], 0)).toEqual(new Map([['hot', 0]]))
  places.giveBack('hot')
  expect(places.fairLimits(1, none, 0)).toEqual(new Map())
})

test('a node with one place gives it to anybody', () => {
  const places = new Places(1, () => undefined)
  expect([places.free, places.fairLimits(1, none, 0)]).toEqual([1, new Map()])
})

test('after a claim full of one definition the next looks past it, now and then', () => {
  const places = new Places(1_000, () => undefined)
  places.claimed(4, full('hot', 4))
  expect(places.fairLimits(4, none, 0)).toEqual(new Map([['hot', 0]]))
  expect(places.fairLimits(4, none, 0)).toEqual(new Map())
  places.claimed(4, full('hot', 4))
  expect(places.fairLimits(4, none, 100)).toEqual(new Map())
  expect(places.fairLimits(4, none, 200)).toEqual(new Map([['hot', 0]]))
  places.claimed(4, ['hot', 'hot', 'cold', 'cold'])
  expect(places.fairLimits(4, none, 500)).toEqual(new Map())
  places.claimed(4, full('hot', 3))
  expect(places.fairLimits(4, none, 900)).toEqual(new Map())
})
