/** Each call is a cell: no answer leaves before the work behind it is committed. */
import { expect, test } from 'bun:test'
import { createController, JustScale } from '@justscale/core'
import { requireCell, type StorageTransaction, type TransactionProvider } from '@justscale/core/cell'
import { createRpcClient, inProcessTransport, RpcFeature } from '../index.ts'
import { GreeterContract } from './greeter.ts'

/** A storage whose commits wait to be let through, or are refused. */
function gatedStorage() {
  const log: string[] = []
  const reached = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const provider: TransactionProvider = {
    name: 'gated',
    begin: async (): Promise<StorageTransaction> => ({
      joinable: { kind: 'memory', storage: 'memory', onCommit: () => {} },
      savepoint: async () => ({ release: async () => {}, rollback: async () => {} }),
      async commit() {
        reached.resolve()
        await gate.promise
        log.push('commit')
      },
      rollback: async () => void log.push('rollback'),
    }),
  }
  const lock = async () => {
    const cell = requireCell('the test')
    const scope = await cell.openScope()
    await (await cell.unit(provider)).run(async () => {})
    return scope
  }
  return { log, reached, gate, lock }
}

function appWith(storage: ReturnType<typeof gatedStorage>) {
  const controller = createController.implements(GreeterContract).create({
    methods: () => ({
      SayHello: async ({ body }) => {
        await storage.lock()
        if (body.name === 'bug') throw new Error('bug')
        return { message: 'answered' }
      },
      async *SayHelloStream() {
        const scope = await storage.lock()
        yield { message: 'held' }
        await scope.close()
        yield { message: 'after the commit' }
      },
      RecordRoute: async () => ({}),
      async *RouteChat() {},
    }),
  })
  const app = JustScale()
    .add(controller)
    .add(RpcFeature({ port: false }))
    .build()
  return createRpcClient(GreeterContract, { transport: inProcessTransport(app) })
}

test('a unary answer waits for the commit', async () => {
  const storage = gatedStorage()
  const answer = appWith(storage)
    .SayHello({})
    .then(() => storage.log.push('answer'))
  await storage.reached.promise
  expect(storage.log).toEqual([])
  storage.gate.resolve()
  await answer
  expect(storage.log).toEqual(['commit', 'answer'])
})

test('a commit that fails is an error for the caller', async () => {
  const storage = gatedStorage()
  storage.gate.reject(new Error('the disk is full'))
  expect(
    await appWith(storage)
      .SayHello({})
      .catch((error) => error),
  ).toMatchObject({ statusName: 'INTERNAL', message: 'internal error' })
})

test('an error rolls back', async () => {
  const storage = gatedStorage()
  expect(
    await appWith(storage)
      .SayHello({ name: 'bug' })
      .catch((error) => error),
  ).toMatchObject({ statusName: 'INTERNAL' })
  expect(storage.log).toEqual(['rollback'])
})

test('a message yielded under a lock leaves after the commit', async () => {
  const storage = gatedStorage()
  const read = async () => {
    for await (const reply of appWith(storage).SayHelloStream({})) storage.log.push(reply.message)
  }
  const reading = read()
  await storage.reached.promise
  // Time enough for a message that left too early to arrive.
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  expect(storage.log).toEqual([])
  storage.gate.resolve()
  await reading
  expect(storage.log).toEqual(['commit', 'held', 'after the commit'])
})
