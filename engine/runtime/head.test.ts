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

test('values that are kept in the head come back, whatever bytes they are', () => {
  const values = [
    [3, new Uint8Array([10, 0, 255, 10])],
    [0, new Uint8Array()],
    [7, new TextEncoder().encode('["a\\n"]')],
  ] as const
  const read = readHead(writeHead({ ...head, values }))
  expect(read.values?.map(([part, bytes]) => [part, [...bytes]])).toEqual(
    values.map(([part, bytes]) => [part, [...bytes]]),
  )
  expect(readHead(writeHead(read))).toEqual(read)
})

test('the hash of the program is stored once, and every frame gets its own back', () => {
  const bytes = writeHead(head)
  expect(new TextDecoder().decode(bytes).split(hash)).toHaveLength(2)
  expect(readHead(bytes)).toEqual(head)
})
