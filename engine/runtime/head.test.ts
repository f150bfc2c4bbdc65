import { expect, test } from 'bun:test'
import { plainBytes, TextBytes } from '../value/text-bytes.ts'
import { readHead, writeHead } from './head-text.ts'
import type { Head } from './head.ts'

const hash = 'a'.repeat(64)
const other = 'b'.repeat(64)

/** Everything a head can have. */
const head: Head = {
  machine: {
    program: hash,
    next: 9,
    status: 'failed',
    frames: [
      { id: 1, program: hash, routine: 0, pc: 3 },
      { id: 2, program: hash, routine: 2, pc: 0, up: 1, known: { s: ['i', 'svc'] } },
      { id: 3, program: other, routine: 0, pc: 7, resources: [['lock', 4, 'runtime']] },
      { id: 4, program: hash, routine: 1, pc: 7, cursors: { $2: 'me12' } },
    ],
    fibers: [
      { id: 0, stack: [1, 2], visits: 3, wait: 'wait', arms: [4, 5] },
      { id: 5, stack: [], visits: 0, wait: 'ended', ended: 7 },
      { id: 6, stack: [3, 4], visits: 1, wait: 'acquire', slot: 'lock', frame: 3, cancelled: true },
    ],
    failed: [{ id: 8, program: hash, routine: 0, pc: 3 }],
    cancelling: true,
    holding: true,
  },
  roots: [
    ['1.text', 0],
    ['2.other', 3],
  ],
  waits: [
    [
      0,
      [
        { kind: 'timer', timer: 4, at: 12 },
        { kind: 'signal', subscription: 1, match: { id: '7' } },
        {
          kind: 'group',
          settled: true,
          leaves: [
            { kind: 'signal', subscription: 2 },
            { kind: 'process', subscription: 3, path: '/a/b' },
          ],
        },
      ],
    ],
  ],
  subscriptions: [
    [1, '/order/:id/paid?id=7', '/order/:id/paid'],
    [2, '/tick?', '/tick'],
    [3, 'process:/a/b', ''],
    [5, 'process:/a/b?', ''],
  ],
  listeners: [[4, 2]],
  cancelling: { reason: 'AAAA', children: [['/a/b', 3]], stood: true },
  log: [{ at: 5, kind: 'step', text: 'svc.one' }],
  next: 6,
  fresh: true,
}

/** What the first builds wrote. */
function writtenFirst({ machine, values, ...others }: Head): Uint8Array {
  const short = ({ program, ...frame }: Head['machine']['frames'][number]) =>
    program === machine.program ? frame : { program, ...frame }
  const line = {
    v: 1,
    ...others,
    machine: { ...machine, frames: machine.frames.map(short), failed: machine.failed?.map(short) },
    ...(values && { values: values.map(([part, { length }]) => [part, length]) }),
  }
  const after = (values ?? []).map(([, bytes]) => plainBytes(bytes))
  return Buffer.concat([Buffer.from(JSON.stringify(line) + (values ? '\n' : '')), ...after])
}

test('everything comes back', () => {
  expect(readHead(writeHead(head), hash)).toEqual(head)
  expect(readHead(plainBytes(writeHead(head)), hash)).toEqual(head)
})

test('a small head is small, and comes back', () => {
  const small: Head = {
    machine: {
      program: hash,
      next: 2,
      status: 'running',
      frames: [{ id: 1, program: hash, routine: 0, pc: 4 }],
      fibers: [{ id: 0, stack: [1], visits: 1, wait: 'call' }],
    },
    roots: [['1.one', 0]],
    waits: [],
    subscriptions: [],
    listeners: [],
    next: 0,
    values: [[0, new TextBytes('["ü"]')]],
  }
  const stored = plainBytes(writeHead(small))
  expect(new TextDecoder().decode(stored)).toBe('[2,2,0,[[1,4]],[[0,[1],1,1]],["1.one",0],[0,6]]\n["ü"]')
  expect(readHead(stored, hash)).toEqual({ ...small, values: [[0, new TextEncoder().encode('["ü"]')]] })
})

test('values that are kept in the head come back, whatever bytes they are', () => {
  const values = [
    [3, new Uint8Array([10, 0, 255, 10])],
    [0, new Uint8Array()],
    [7, new TextBytes('["a\\n"]')],
  ] as const
  const read = readHead(writeHead({ ...head, values }), hash)
  expect(read.values?.map(([part, bytes]) => [part, [...plainBytes(bytes)]])).toEqual(
    values.map(([part, bytes]) => [part, [...plainBytes(bytes)]]),
  )
  expect(readHead(writeHead(read), hash)).toEqual(read)
})

test('the hash of its own program is not in it', () => {
  expect(String(new TextDecoder().decode(plainBytes(writeHead(head))))).not.toContain(hash)
})

test('heads of the first format are read', () => {
  expect(readHead(writtenFirst(head), hash)).toEqual(head)
  const values = [[0, new Uint8Array([91, 10, 93])]] as const
  expect(readHead(writtenFirst({ ...head, values }), hash)).toEqual({ ...head, values })
})
