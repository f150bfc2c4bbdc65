import { expect, test } from 'bun:test'
import { type Head, readHead, writeHead } from './head.ts'

const hash = 'a'.repeat(64)
const frame = (id: number, program: string) => ({ id, program, routine: 0, pc: 3 })

const head: Head = {
  v: 1,
  machine: {
    program: hash,
    next: 4,
    status: 'failed',
    frames: [frame(1, hash), frame(2, 'b'.repeat(64))],
    fibers: [],
    failed: [frame(3, hash)],
  } as Head['machine'],
  roots: [],
  waits: [],
  subscriptions: [],
  listeners: [],
  next: 0,
}

test('the hash of the program is stored once, and every frame gets its own back', () => {
  const bytes = writeHead(head)
  expect(new TextDecoder().decode(bytes).split(hash)).toHaveLength(2)
  expect(readHead(bytes)).toEqual(head)
})
