import { expect, test } from 'bun:test'
import { storeContract } from '../../testing/store-contract.ts'
import { TestClock } from '../../testing/test-clock.ts'
import { MemoryStore } from './memory-store.ts'

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

test('within a transaction nothing happens before its commit', async () => {
  const store = new MemoryStore()
  const commits: (() => void)[] = []
  const transaction = {
    kind: 'memory',
    storage: 'memory',
    onCommit: (apply: () => void) => void commits.push(apply),
  } as const
  const request = {
    id: 'id',
    path: '/a/1',
    definition: '/a/:x',
    program: 'p',
    head: new Uint8Array(),
    parts: new Map(),
    subscribe: [{ number: 1, key: 'k' }],
    place: { line: 1, waits: [] },
  }
  expect(await store.start([request], transaction)).toEqual([{ id: 'id', created: true, shard: 0 }])
  await store.emit([{ signal: 's', keys: ['k'], payload: new Uint8Array() }], transaction)
  expect(await store.find('/a/1')).toBeUndefined()
  for (const apply of commits) apply()
  const { id } = (await store.find('/a/1')) ?? { id: '' }
  expect((await store.load(id))?.inbox).toHaveLength(1)
})
