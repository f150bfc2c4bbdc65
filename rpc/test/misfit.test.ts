/** Answers that do not fit their schema: the handler's mistake, told in the log with method and request id, nowhere else. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { bindInstance, createController, JustScale, LogSink, type LogRecord } from '@justscale/core'
import { createRpcClient, type RpcClientOptions, RpcFeature, RpcServer } from '../index.ts'
import { GreeterContract } from './greeter.ts'

const lines: LogRecord[] = []
class Kept extends LogSink {
  readonly level = 'warning' as const
  write(line: LogRecord): void {
    lines.push(line)
  }
}

const misfit = { message: 'half', index: 0.5 }
const controller = createController.implements(GreeterContract).create({
  methods: () => ({
    SayHello: () => misfit,
    async *SayHelloStream() {
      yield { message: 'fits' }
      yield misfit
    },
    RecordRoute: () => ({ count: 0.5 }),
    async *RouteChat() {
      yield misfit
    },
  }),
})
const app = JustScale()
  .add(bindInstance(LogSink, new Kept()))
  .add(controller)
  .add(RpcFeature({ port: 0, hostname: '127.0.0.1' }))
  .build()
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

const ways: Record<string, () => RpcClientOptions> = {
  gRPC: () => ({ baseUrl: `http://127.0.0.1:${grpcPort}`, protocol: 'grpc' }),
  'gRPC with gzip': () => ({ baseUrl: `http://127.0.0.1:${grpcPort}`, protocol: 'grpc', gzip: true }),
  Connect: () => ({ baseUrl: String(http.url) }),
  'Connect as JSON': () => ({ baseUrl: String(http.url), json: true }),
  'gRPC-Web': () => ({ baseUrl: String(http.url), protocol: 'grpc-web' }),
}

async function* one() {
  yield { name: 'Ada '.repeat(1000) }
}

describe.each(Object.keys(ways))('%s', (way) => {
  const calls: Record<string, (id: string) => Promise<unknown>> = {
    SayHello: (id) => client().SayHello({ name: 'a'.repeat(2_000) }, { metadata: { 'x-request-id': id } }),
    SayHelloStream: (id) => Array.fromAsync(client().SayHelloStream({}, { metadata: { 'x-request-id': id } })),
    RecordRoute: (id) => client().RecordRoute(one(), { metadata: { 'x-request-id': id } }),
    RouteChat: (id) => Array.fromAsync(client().RouteChat(one(), { metadata: { 'x-request-id': id } })),
  }
  const client = () => createRpcClient(GreeterContract, ways[way]?.() ?? {})

  test.each(Object.keys(calls))('%s', async (method) => {
    const id = `${way} ${method}`.replaceAll(' ', '-')
    lines.length = 0
    const error = await calls[method]?.(id).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ statusName: 'INTERNAL', message: 'internal error' })
    expect(lines.map(({ level, rawMessage, properties }) => [level, rawMessage, properties['requestId']])).toEqual([
      ['error', `rpc greeter.v1.Greeter/${method} failed`, id],
    ])
    expect(JSON.stringify(lines[0]?.properties)).toContain('greeter.v1.')
  })
})
