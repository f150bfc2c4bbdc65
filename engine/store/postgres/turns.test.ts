import { expect, test } from 'bun:test'
import { plainCheckpoint } from '../plain-checkpoint.ts'
import type { StartRequest } from '../records.ts'
import { Turns } from './turns.ts'

const id = '01990000-0000-7000-8000-000000000001'
const request: StartRequest = {
  id,
  path: '/test/1',
  definition: '/test/:id',
  program: 'hash-1',
  head: new Uint8Array(),
  parts: new Map(),
  subscribe: [],
  place: { line: 1, waits: [] },
}
const next = plainCheckpoint({
  id,
  shard: 1,
  seq: 2,
  status: 'running',
  head: new Uint8Array(),
  place: { line: 1, waits: [] },
})

test('the answer of a start that comes after another hand-out does not say what rows the process has', () => {
  const turns = new Turns()
  turns.starting([id])
  turns.seen({ id, shard: 1, wake_table: ['0', '7'], part_table: null, timer_table: [[0, 1]] })
  turns.began(request, 1)
  expect(turns.flushed(next)).toMatchObject({ marked: true, rows: { timer: true, subscription: true } })
})

test('who started a process alone knows that it has no rows yet', () => {
  const turns = new Turns()
  turns.starting([id])
  turns.began(request, 1)
  expect(turns.flushed(next)).toMatchObject({ marked: true, rows: { part: false, timer: false, subscription: false } })
  expect(turns.busyShards(0)).toEqual(new Set([1]))
})
