/** Mistakes made before anything is sent: they say what is wrong and where, and are not taken for answers of the server. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { bindInstance, JustScale, LogSink, type LogRecord } from '@justscale/core'
import {
  createRpcClient,
  GrpcError,
  GrpcStatus,
  MessageError,
  RpcConfigError,
  RpcFeature,
  RpcServer,
} from '../index.ts'
import { greeter, greeterApp, Seen } from './greeter-app.ts'
import { GreeterContract } from './greeter.ts'

const app = greeterApp()
let http: ReturnType<typeof Bun.serve>
let grpcPort: number | undefined

beforeAll(async () => {
  await app.start()
  const server = await app.resolve(RpcServer)
  grpcPort = server.port
  http = Bun.serve({ port: 0, fetch: (request) => server.fetchHandler.fetch(request) })
})
afterAll(async () => {
  await http.stop(true)
  await app.stop()
})

const clients = {
  gRPC: () => createRpcClient(GreeterContract, { baseUrl: `http://127.0.0.1:${grpcPort}`, protocol: 'grpc' }),
  Connect: () => createRpcClient(GreeterContract, { baseUrl: String(http.url) }),
  JSON: () => createRpcClient(GreeterContract, { baseUrl: String(http.url), json: true }),
  'gRPC-Web': () => createRpcClient(GreeterContract, { baseUrl: String(http.url), protocol: 'grpc-web' }),
} as const

async function* some() {
  yield { name: 'Ada', times: 1 }
  yield { name: 'Ada', times: 0.5 }
}

describe.each(Object.keys(clients) as (keyof typeof clients)[])('%s', (way) => {
  const calls = {
    unary: () => clients[way]().SayHello({ times: 0.5 }),
    'server stream': () => Array.fromAsync(clients[way]().SayHelloStream({ times: 0.5 })),
    'client stream': () => clients[way]().RecordRoute(some()),
    'both ways': () => Array.fromAsync(clients[way]().RouteChat(some())),
  }
  test.each(Object.keys(calls) as (keyof typeof calls)[])('a message that does not fit: %s', async (kind) => {
    const error = await calls[kind]().catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(MessageError)
    expect(error).toMatchObject({
      code: 'RPC_MESSAGE',
      message: expect.stringContaining('greeter.v1.HelloRequest.times'),
    })
  })

  test('metadata that cannot be sent', async () => {
    const refusal = (metadata: Record<string, string | Uint8Array>) =>
      clients[way]()
        .SayHello({}, { metadata })
        .catch((failure: unknown) => failure)
    expect(await refusal({ 'x key': '1' })).toBeInstanceOf(RpcConfigError)
    expect(await refusal({ 'x key': '1' })).toMatchObject({ message: '"x key" is no name for metadata' })
    expect(await refusal({ '': '1' })).toMatchObject({ message: '"" is no name for metadata' })
    expect(await refusal({ 'x-name': 'Zoë\nadmin: yes' })).toMatchObject({
      message: expect.stringContaining('"x-name"'),
    })
    expect(await refusal({ 'x-name': 7 as never })).toMatchObject({ message: expect.stringContaining('is number') })
    expect(await refusal({ 'x-name': new Uint8Array(1) })).toMatchObject({ message: expect.stringContaining('-bin') })
  })
})

test('an error with metadata that cannot be sent says so where it is made', () => {
  expect(() => new GrpcError(GrpcStatus.NOT_FOUND, 'no', { metadata: { 'why not': '1' } })).toThrow(RpcConfigError)
})

test('a caller without HTTP/2 is one line in the log', async () => {
  const lines: LogRecord[] = []
  const told = Promise.withResolvers<void>()
  class Kept extends LogSink {
    readonly level = 'warning' as const
    write(line: LogRecord): void {
      lines.push(line)
      told.resolve()
    }
  }
  const probed = JustScale()
    .add(bindInstance(LogSink, new Kept()))
    .add(Seen)
    .add(greeter)
    .add(RpcFeature({ port: 0, hostname: '127.0.0.1' }))
    .build()
  await probed.start()
  try {
    const socket = connect((await probed.resolve(RpcServer)).port ?? 0, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await told.promise
    socket.destroy()
    expect(lines.map(({ rawMessage, properties }) => [rawMessage, properties['error']])).toEqual([
      [expect.stringContaining('without HTTP/2'), undefined],
    ])
  } finally {
    await probed.stop()
  }
})
