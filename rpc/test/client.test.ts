/** What a client does beyond sending: cancels, retries, hands on deadlines and traces. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Code, ConnectError } from '@connectrpc/connect'
import { createController, defineService, JustScale } from '@justscale/core'
import { CallIdentity, runInCell } from '@justscale/core/cell'
import {
  createRpcClient,
  GrpcError,
  GrpcStatus,
  inProcessTransport,
  RpcConfigError,
  rpcClient,
  RpcFeature,
  RpcServer,
} from '../index.ts'
import { greeterApp, Seen } from './greeter-app.ts'
import { GreeterContract } from './greeter.ts'

const app = greeterApp()
beforeAll(() => app.start())
afterAll(() => app.stop())

const overGrpc = async () => {
  const { port } = await app.resolve(RpcServer)
  return createRpcClient(GreeterContract, { baseUrl: `http://127.0.0.1:${port}`, protocol: 'grpc' })
}

test('leaving the loop cancels the call on the server', async () => {
  const seen = await app.resolve(Seen)
  const client = await overGrpc()
  for await (const reply of client.SayHelloStream({ name: 'wait', times: 2 })) {
    expect(reply.index).toBe(0)
    break
  }
  expect(await seen.call('SayHelloStream').ended.promise).toBe('cut off')
})

test('a signal cancels a unary call, and the server sees it', async () => {
  const seen = await app.resolve(Seen)
  const client = await overGrpc()
  const controller = new AbortController()
  const call = client.SayHello({ name: 'wait' }, { signal: controller.signal }).catch((error: unknown) => error)
  await seen.call('SayHello').started.promise
  controller.abort()
  expect(await call).toMatchObject({ statusName: 'CANCELLED' })
  expect(await seen.call('SayHello').ended.promise).toBe('cut off')
})

/** An app whose unary method does what the test says. */
function appThat(
  answer: (
    attempt: number,
    context: { metadata: { get(name: string): string | undefined }; deadline: Date | undefined },
  ) => string,
) {
  let attempt = 0
  const controller = createController.implements(GreeterContract).create({
    methods: () => ({
      SayHello: (context) => ({ message: answer(++attempt, context) }),
      async *SayHelloStream() {},
      RecordRoute: () => ({}),
      async *RouteChat() {},
    }),
  })
  return JustScale()
    .add(controller)
    .add(RpcFeature({ port: false }))
    .build()
}

const unavailable = (attempt: number, until: number) => {
  if (attempt < until) throw new GrpcError(GrpcStatus.UNAVAILABLE, 'later')
  return `attempt ${attempt}`
}

test('a call is tried again when the server is unavailable, as often as was said', async () => {
  const flaky = appThat((attempt) => unavailable(attempt, 3))
  const transport = inProcessTransport(flaky)
  const client = createRpcClient(GreeterContract, { transport, retry: { attempts: 3, delayMs: 0 } })
  expect(await client.SayHello({})).toMatchObject({ message: 'attempt 3' })
  const impatient = createRpcClient(GreeterContract, {
    transport: inProcessTransport(appThat((attempt) => unavailable(attempt, 3))),
    retry: { attempts: 2, delayMs: 0 },
  })
  expect(await impatient.SayHello({}).catch((error) => error)).toMatchObject({ statusName: 'UNAVAILABLE' })
})

test('other errors are not tried again', async () => {
  let attempts = 0
  const broken = appThat((attempt) => {
    attempts = attempt
    throw new GrpcError(GrpcStatus.FAILED_PRECONDITION, 'no')
  })
  const client = createRpcClient(GreeterContract, {
    transport: inProcessTransport(broken),
    retry: { attempts: 5, delayMs: 0 },
  })
  expect(await client.SayHello({}).catch((error) => error)).toMatchObject({ statusName: 'FAILED_PRECONDITION' })
  expect(attempts).toBe(1)
})

test('a client injected into a handler hands on trace, request id and the remaining deadline', async () => {
  const inner = appThat((_, { metadata, deadline }) =>
    JSON.stringify([
      metadata.get('traceparent'),
      metadata.get('x-request-id'),
      metadata.get('x-other') ?? null,
      deadline !== undefined,
    ]),
  )
  const Inner = rpcClient(GreeterContract, { transport: inProcessTransport(inner) })
  const outer = createController.implements(GreeterContract).create({
    inject: { inner: Inner },
    methods: ({ inner }) => ({
      SayHello: async () => ({ message: (await inner.SayHello({})).message }),
      async *SayHelloStream() {},
      RecordRoute: () => ({}),
      async *RouteChat() {},
    }),
  })
  const outerApp = JustScale()
    .add(Inner)
    .add(outer)
    .add(RpcFeature({ port: false }))
    .build()
  const client = createRpcClient(GreeterContract, { transport: inProcessTransport(outerApp) })
  const reply = await client.SayHello(
    {},
    { timeoutMs: 5_000, metadata: { traceparent: '00-a-b-01', 'x-request-id': 'r1', 'x-other': 'stays' } },
  )
  expect(JSON.parse(reply.message)).toEqual(['00-a-b-01', 'r1', null, true])
})

test('a client called from a request of another transport hands on its id and trace', async () => {
  const inner = appThat((_, { metadata }) =>
    JSON.stringify([metadata.get('x-request-id'), metadata.get('traceparent') ?? null]),
  )
  const client = createRpcClient(GreeterContract, { transport: inProcessTransport(inner) })
  const headers = new Headers({ traceparent: '00-a-b-01' })
  const caller = new CallIdentity(() => headers, 'r2')
  const reply = await runInCell({ name: 'GET /', caller }, () => client.SayHello({}))
  expect(JSON.parse(reply.message)).toEqual(['r2', '00-a-b-01'])
})

test('options of a client can come from what it injects', async () => {
  class Where extends defineService({ name: 'Where', factory: () => ({ transport: inProcessTransport(app) }) }) {}
  const Greeter = rpcClient(GreeterContract, {
    inject: { where: Where },
    options: ({ where }) => ({ transport: where.transport }),
  })
  const client = await JustScale().add(Where).add(Greeter).build().resolve(Greeter)
  expect(await client.SayHello({ name: 'Ada' })).toMatchObject({ message: 'Hello, Ada' })
})

test('the error of another service does not travel on to the caller', async () => {
  const Inner = rpcClient(GreeterContract, {
    transport: inProcessTransport(
      appThat(() => {
        throw new GrpcError(GrpcStatus.NOT_FOUND, 'inner secret')
      }),
    ),
  })
  const outer = createController.implements(GreeterContract).create({
    inject: { inner: Inner },
    methods: ({ inner }) => ({
      SayHello: () => inner.SayHello({}),
      async *SayHelloStream() {},
      RecordRoute: () => ({}),
      async *RouteChat() {},
    }),
  })
  const outerApp = JustScale()
    .add(Inner)
    .add(outer)
    .add(RpcFeature({ port: false }))
    .build()
  const client = createRpcClient(GreeterContract, { transport: inProcessTransport(outerApp) })
  expect(await client.SayHello({}).catch((error) => error)).toMatchObject({
    statusName: 'INTERNAL',
    message: 'internal error',
  })
})

test('a server that is not there is UNAVAILABLE', async () => {
  for (const protocol of ['grpc', 'connect', 'grpc-web'] as const) {
    const client = createRpcClient(GreeterContract, { baseUrl: 'http://127.0.0.1:1', protocol, timeoutMs: 5_000 })
    expect([protocol, await client.SayHello({}).catch((error) => error.statusName)]).toEqual([protocol, 'UNAVAILABLE'])
  }
})

test('a client without an address says so', () => {
  expect(() => createRpcClient(GreeterContract, {})).toThrow(RpcConfigError)
  expect(() => createRpcClient(GreeterContract, { baseUrl: 'nowhere' })).toThrow('got "nowhere"')
})

test('a GrpcError keeps the metadata of its own', () => {
  const error = new GrpcError(GrpcStatus.ABORTED, 'x', {
    metadata: { 'x-a': 'b' },
    cause: new ConnectError('c', Code.Internal),
  })
  expect([error.metadata.get('x-a'), error.remote]).toEqual(['b', true])
})

test('an error in what is to be sent is the error of the call, and the server is told that it is over', async () => {
  const seen = await app.resolve(Seen)
  for (const client of [await overGrpc(), createRpcClient(GreeterContract, { transport: inProcessTransport(app) })]) {
    const failing = async function* (note: string) {
      yield { extra: { case: 'note' as const, value: note } }
      await seen.call(note).started.promise
      throw new RangeError('no more paper')
    }
    const id = crypto.randomUUID()
    const recorded = client.RecordRoute(failing(`record ${id}`)).catch((error: unknown) => error)
    expect(await recorded).toMatchObject({ name: 'RangeError', message: 'no more paper' })
    const chatted = Array.fromAsync(client.RouteChat(failing(`chat ${id}`))).catch((error: unknown) => error)
    expect(await chatted).toMatchObject({ name: 'RangeError', message: 'no more paper' })
    for (const note of [`record ${id}`, `chat ${id}`]) expect(await seen.call(note).ended.promise).toBe('cut off')
  }
})

test('the methods of a client need one argument: more would keep processes that call them from being taken up', () => {
  const client = createRpcClient(GreeterContract, { transport: inProcessTransport(app) })
  expect(Object.values(client).map((method) => method.length)).toEqual([1, 1, 1, 1])
})

test('what an error says of itself are properties, which a process stores with it', async () => {
  const error: unknown = await (await overGrpc()).SayHello({ name: 'missing' }).catch((reason: unknown) => reason)
  expect(error).toHaveProperty('name', 'GrpcError')
  expect({ ...(error as object) }).toMatchObject({ code: 5, statusName: 'NOT_FOUND', remote: true })
})
