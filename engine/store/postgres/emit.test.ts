import { expect, test } from 'bun:test'
import type { SqlRow, SqlStatement } from '../../sql/connection.ts'
import { emitOn } from './emit.ts'
import { WideSignals } from './wide-signals.ts'

/** A database in which every signal reaches `reached` processes; tells which ways were taken. */
function server(reached: number) {
  const wide = new WideSignals()
  const state = { reached, ways: [] as string[] }
  const run = async ({ text }: SqlStatement): Promise<readonly SqlRow[]> => {
    const isShort = text.includes('emit_one')
    state.ways.push(isShort ? 'short' : 'long')
    if (!isShort) return [{ counts: [[0, state.reached]], reached: state.reached, shards: [1], id: null }]
    return state.reached > 1 ? [] : [{ crowded: null, reached: state.reached, at_shard: 1, id: null }]
  }
  const emit = async (key = 'closed?shop=1') => {
    const signal = { signal: '/shop/:shop/closed', keys: ['closed', key], payload: new Uint8Array() }
    const claim = { node: 1, limit: 0, running: new Set<string>() }
    state.ways = []
    const { counts } = await emitOn(run, 'test', [signal], claim, wide)
    return [...counts, ...state.ways]
  }
  return { state, emit }
}

test('a signal that reached several takes the long way at once, until it reaches one', async () => {
  const { state, emit } = server(2)
  expect(await emit()).toEqual([2, 'short', 'long'])
  expect(await emit()).toEqual([2, 'long'])
  expect(await emit('closed?shop=2')).toEqual([2, 'short', 'long'])
  state.reached = 1
  expect(await emit()).toEqual([1, 'long'])
  expect(await emit()).toEqual([1, 'short'])
})

test('only so many signals are remembered, the latest', async () => {
  const { emit } = server(2)
  for (let shop = 0; shop <= 1_000; shop++) await emit(`closed?shop=${shop}`)
  expect(await emit('closed?shop=1000')).toEqual([2, 'long'])
  expect(await emit('closed?shop=0')).toEqual([2, 'short', 'long'])
})
