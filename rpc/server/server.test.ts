/** Serving: health, reflection, two scopes, shutdown, and what is refused at start. */
import { expect, test } from 'bun:test'
import { createController, defineService, FetchHandlers, JustScale } from '@justscale/core'
import { connect } from 'node:http2'
import { createRpcClient, inProcessTransport, RpcConfigError, RpcFeature, RpcServer, rpcContract } from '../index.ts'
import { createProtoLoader } from '../proto/load.ts'
import { join } from 'node:path'
import { greeter, greeterApp, Seen } from '../test/greeter-app.ts'
import { GreeterContract } from '../test/greeter.ts'
import { encodeGrpcMessage } from './grpc-message.ts'
import { healthFile, healthService } from './health.ts'
import { reflectionFile } from './reflection.ts'
import { justscaleOptions } from '../controller/ref-option.ts'

const health = rpcContract(healthService)
const library = join(import.meta.dir, '../proto-library')

test('the embedded protos are those of the library', () => {
  const loader = createProtoLoader({ roots: [library] })
  for (const embedded of [healthFile, reflectionFile, justscaleOptions]) {
    expect(loader.load(join(library, embedded.proto.name)).file.proto).toEqual({
      ...embedded.proto,
      sourceCodeInfo: undefined,
    })
  }
})

test('health is told for the server and for each service, and watchers hear of the end', async () => {
  const app = greeterApp()
  await app.start()
  const { port } = await app.resolve(RpcServer)
  const client = createRpcClient(health, { baseUrl: `http://127.0.0.1:${port}`, protocol: 'grpc' })
  expect(await client.Check({ service: 'greeter.v1.Greeter' })).toMatchObject({ status: 1 })
  const statuses: number[] = []
  let stopping: Promise<void> | undefined
  const watch = async () => {
    for await (const { status } of client.Watch({ service: '' })) {
      statuses.push(status)
      stopping ??= app.stop()
    }
  }
  await watch().catch(() => {})
  await stopping
  expect(statuses).toEqual([1, 2])
})

test('a call that runs when the server stops is answered', async () => {
  const entered = Promise.withResolvers<void>()
  const leave = Promise.withResolvers<void>()
  const app = appWith(async () => {
    entered.resolve()
    await leave.promise
    return { message: 'answered' }
  }, 10_000)
  await app.start()
  const { port } = await app.resolve(RpcServer)
  const client = createRpcClient(GreeterContract, { baseUrl: `http://127.0.0.1:${port}`, protocol: 'grpc' })
  const call = client.SayHello({})
  await entered.promise
  const stopped = app.stop()
  leave.resolve()
  expect(await call).toMatchObject({ message: 'answered' })
  await stopped
  expect(await client.SayHello({}, { timeoutMs: 2_000 }).catch((error) => error)).toMatchObject({
    statusName: 'UNAVAILABLE',
  })
})

test('a call that does not end is aborted after the time to drain', async () => {
  const app = appWith(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    1,
  )
  await app.start()
  const { port } = await app.resolve(RpcServer)
  const client = createRpcClient(GreeterContract, { baseUrl: `http://127.0.0.1:${port}`, protocol: 'grpc' })
  const call = client.SayHello({}).catch((error) => error)
  await new Promise<void>((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`, () => session.close(resolve))
  })
  await app.stop()
  expect(await call).toMatchObject({ statusName: 'UNAVAILABLE' })
})

test('streams over the HTTP port end when that port does, before the app stops', async () => {
  const app = greeterApp({ port: false, drainMs: 1 })
  await app.start()
  const client = createRpcClient(GreeterContract, { transport: inProcessTransport(app) })
  const seen = await app.resolve(Seen)
  const read = async () => {
    for await (const reply of client.SayHelloStream({ name: 'wait', times: 1 })) expect(reply.index).toBe(0)
  }
  const reading = read().catch((error: unknown) => error)
  await seen.call('SayHelloStream').started.promise
  const { fetchHandler } = await app.resolve(RpcServer)
  fetchHandler.drain?.()
  expect(await reading).toMatchObject({ statusName: 'UNAVAILABLE', message: 'the server is stopping' })
  expect(await seen.call('SayHelloStream').ended.promise).toBe('cut off')
  await app.stop()
})

test('an app that was stopped and starts again serves again', async () => {
  const app = greeterApp()
  await app.start()
  await app.stop()
  await app.start()
  const { port } = await app.resolve(RpcServer)
  const overGrpc = createRpcClient(GreeterContract, { baseUrl: `http://127.0.0.1:${port}`, protocol: 'grpc' })
  for (const client of [overGrpc, createRpcClient(GreeterContract, { transport: inProcessTransport(app) })]) {
    expect(await client.SayHello({ name: 'Ada' })).toMatchObject({ message: 'Hello, Ada' })
    expect(await Array.fromAsync(client.SayHelloStream({ times: 2 }))).toHaveLength(2)
  }
  const healthClient = createRpcClient(health, { transport: inProcessTransport(app) })
  expect(await healthClient.Check({})).toMatchObject({ status: 1 })
  await app.stop()
})

test('controllers of sub-apps are served', async () => {
  class Place extends defineService({ name: 'Place', factory: () => ({ name: 'outer' }) }) {}
  const sub = JustScale().named('sub').requires(Place).add(Seen).add(greeter).build()
  const app = JustScale()
    .add(Place)
    .add(sub)
    .add(RpcFeature({ port: false }))
    .build()
  const client = createRpcClient(GreeterContract, { transport: inProcessTransport(app) })
  expect(await client.SayHello({ name: 'Ada' })).toMatchObject({ message: 'Hello, Ada' })
})

test('two controllers of one service are refused at start', async () => {
  const other = createController.implements(GreeterContract).create({
    name: 'other',
    methods: () => ({
      SayHello: () => ({}),
      async *SayHelloStream() {},
      RecordRoute: () => ({}),
      async *RouteChat() {},
    }),
  })
  const app = JustScale()
    .add(Seen)
    .add(greeter)
    .add(other)
    .add(RpcFeature({ port: 0 }))
    .build()
  expect(await app.start().catch((error) => String(error.message))).toContain(
    'is implemented by "greeter.v1.Greeter" and by "other"',
  )
})

test('a port in use is refused with its number', async () => {
  const first = greeterApp()
  await first.start()
  const { port } = await first.resolve(RpcServer)
  const error: unknown = await greeterApp({ port: port ?? 0 })
    .start()
    .catch((reason: unknown) => reason)
  expect(String(error)).toContain(`cannot listen on 127.0.0.1:${port}`)
  expect((error as Error).cause).toBeInstanceOf(RpcConfigError)
  await first.stop()
})

test('the HTTP room finds the handler among the contributions', async () => {
  const app = greeterApp({ port: false })
  await app.prepare()
  const handlers = await app.container.resolve(FetchHandlers)
  expect(handlers.map((handler) => handler.name)).toEqual(['rpc'])
})

test('the text of an error is encoded as gRPC says', () => {
  expect(encodeGrpcMessage('a b: "50%" ü\n')).toBe('a b: "50%25" %C3%BC%0A')
})

function appWith(answer: (context: { signal: AbortSignal }) => Promise<{ message: string }>, drainMs: number) {
  const controller = createController.implements(GreeterContract).create({
    methods: () => ({ SayHello: answer, async *SayHelloStream() {}, RecordRoute: () => ({}), async *RouteChat() {} }),
  })
  return JustScale()
    .add(controller)
    .add(RpcFeature({ port: 0, hostname: '127.0.0.1', drainMs }))
    .build()
}
