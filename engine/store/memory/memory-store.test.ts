import { expect, test } from 'bun:test'
import { plainCheckpoint } from '../plain-checkpoint.ts'
import { storeContract } from '../../testing/store-contract.ts'
import { TestClock } from '../../testing/test-clock.ts'
import { MemoryStore } from './memory-store.ts'

const request = {
  id: 'id',
  path: '/a/1',
  definition: '/a/:x',
  program: 'p',
  shard: 0,
  head: new Uint8Array(),
  parts: new Map(),
  subscribe: [],
  place: { line: 1, waits: [] },
}

storeContract('memory', async () => {
  const clock = new TestClock()
  const store = new MemoryStore({ clock })
  return {
    store,
    kill: async (session) => store.kill(session.node),
    advance: (milliseconds) => clock.advance(milliseconds),
    close: () => store.close(),
  }
})

test('a checkpoint that commits late leaves the wake-up of what only the next owner was given', async () => {
  const store = new MemoryStore()
  const connect = (name: string) => store.connect({ name, onWake() {}, onLost() {} })
  const first = await connect('first')
  await store.start([{ ...request, subscribe: [{ number: 1, key: 'k' }] }])
  const [process] = await first.claim(1, new Set())
  const commits: (() => void)[] = []
  await first.commitIn(
    { kind: 'memory', storage: 'memory', onCommit: (apply) => void commits.push(apply) },
    plainCheckpoint({ id: 'id', shard: 0, seq: 1, status: 'waiting', head: new Uint8Array(), place: request.place }),
  )
  const second = await connect('second')
  store.kill(first.node)
  await store.emit([{ signal: 's', keys: ['k'], payload: new Uint8Array() }])
  expect((await second.claim(1, new Set()))[0]?.inbox).toHaveLength(1)
  for (const apply of commits) apply()
  expect(process?.inbox).toHaveLength(0)
  expect((await second.claim(1, new Set()))[0]).toMatchObject({ record: { seq: 1 }, inbox: [{ via: 1 }] })
})

test('within a transaction nothing happens before its commit', async () => {
  const store = new MemoryStore()
  const commits: (() => void)[] = []
  const transaction = {
    kind: 'memory',
    storage: 'memory',
    onCommit: (apply: () => void) => void commits.push(apply),
  } as const
  const started = { ...request, subscribe: [{ number: 1, key: 'k' }] }
  expect(await store.start([started], transaction)).toEqual([{ id: 'id', created: true, shard: 0 }])
  await store.emit([{ signal: 's', keys: ['k'], payload: new Uint8Array() }], transaction)
  expect(await store.find('/a/1')).toBeUndefined()
  for (const apply of commits) apply()
  const { id } = (await store.find('/a/1')) ?? { id: '' }
  expect((await store.load(id))?.inbox).toHaveLength(1)
})
