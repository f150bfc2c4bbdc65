import { expect, test } from 'bun:test'
import { HandOuts } from './hand-outs.ts'

test('what had a turn since it was asked for is stale for that request, and for no later one', () => {
  const handOuts = new HandOuts()
  const first = handOuts.ask(0)
  handOuts.turned('a')
  const second = handOuts.ask(0)
  expect([handOuts.isStale('a', first), handOuts.isStale('a', second), handOuts.isStale('b', first)]).toEqual([
    true,
    false,
    false,
  ])
  handOuts.turned('b')
  handOuts.answered(first)
  expect([handOuts.isStale('a', second), handOuts.isStale('b', second)]).toEqual([false, true])
  handOuts.turned('a')
  expect(handOuts.isStale('a', second)).toBe(true)
})

test('it forgets when nothing is asked for', () => {
  const handOuts = new HandOuts()
  const asked = handOuts.ask(0)
  handOuts.turned('a')
  handOuts.answered(asked)
  handOuts.turned('b')
  expect(handOuts.isStale('a', asked) || handOuts.isStale('b', asked)).toBe(false)
})
