/** The four kinds of method over every protocol, with our client against our server. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  createRpcClient,
  GrpcError,
  GrpcStatus,
  inProcessTransport,
  RpcServer,
  type RpcClient,
  type RpcClientOptions,
} from '../index.ts'
import { greeterApp } from './greeter-app.ts'
import { GreeterContract, HelloRequestSchema } from './greeter.ts'

const app = greeterApp()
const http = { server: undefined as ReturnType<typeof Bun.serve> | undefined }
let grpcPort = 0

beforeAll(async () => {
  await app.start()
  const server = await app.resolve(RpcServer)
  grpcPort = server.port ?? 0
  http.server = Bun.serve({ port: 0, fetch: (request) => server.fetchHandler.fetch(request) })
})

afterAll(async () => {
  await http.server?.stop(true)
  await app.stop()
})

const ways: Readonly<Record<string, () => RpcClientOptions>> = {
  gRPC: () => ({ baseUrl: `http://127.0.0.1:${grpcPort}`, protocol: 'grpc' }),
  'gRPC with gzip': () => ({ baseUrl: `http://127.0.0.1:${grpcPort}`, protocol: 'grpc', gzip: true }),
  Connect: () => ({ baseUrl: `http://127.0.0.1:${http.server?.port}` }),
  'Connect with JSON': () => ({ baseUrl: `http://127.0.0.1:${http.server?.port}`, json: true }),
  'gRPC-Web': () => ({ baseUrl: `http://127.0.0.1:${http.server?.port}`, protocol: 'grpc-web' }),
  'Connect in process': () => ({ transport: inProcessTransport(app) }),
  'gRPC-Web in process': () => ({ transport: inProcessTransport(app, { protocol: 'grpc-web' }) }),
}

for (const [way, options] of Object.entries(ways)) {
  describe(way, () => {
    const client = (): RpcClient<typeof GreeterContract> =>
      createRpcClient(GreeterContract, { timeoutMs: 5_000, ...options() })

    test('answers a unary call, with metadata both ways', async () => {
      const headers = Promise.withResolvers<Headers>()
      const trailers = Promise.withResolvers<Headers>()
      const reply = await client().SayHello(
        { name: 'Ada', times: 7 },
        { metadata: { 'x-ask': 'question' }, onHeaders: headers.resolve, onTrailers: trailers.resolve },
      )
      expect(reply).toMatchObject({ message: 'Hello, Ada', index: 7 })
      expect((await headers.promise).get('x-echo')).toBe('question')
      expect((await trailers.promise).get('x-last')).toBe('true')
    })

    test('streams answers', async () => {
      const indexes: number[] = []
      for await (const reply of client().SayHelloStream({ name: 'Ada', times: 50 })) indexes.push(reply.index)
      expect(indexes).toEqual(Array.from({ length: 50 }, (_, index) => index))
    })

    test('takes a stream', async () => {
      const summary = await client().RecordRoute(requests('a', 'b', 'c'))
      expect(summary).toMatchObject({ count: 3, names: ['a', 'b', 'c'] })
    })

    test('streams both ways, one answer per question', async () => {
      const questions = channel<{ name: string }>()
      const answers = client().RouteChat(questions.messages)[Symbol.asyncIterator]()
      for (const name of ['a', 'b', 'c']) {
        questions.send({ name })
        expect((await answers.next()).value?.message).toBe(`Hello, ${name}`)
      }
      questions.end()
      expect((await answers.next()).done).toBe(true)
    })

    test('carries code, message, details and metadata of an error', async () => {
      const error = await failure(client().SayHello({ name: 'missing' }))
      expect(error).toMatchObject({
        code: GrpcStatus.NOT_FOUND,
        statusName: 'NOT_FOUND',
        message: 'no "50%" of müller: gone',
      })
      expect(error.detailsOf(HelloRequestSchema)[0]?.name).toBe('detail')
      expect(error.metadata.get('x-why')).toBe('because')
    })

    test('tells nothing of an unexpected error', async () => {
      const error = await failure(client().SayHello({ name: 'bug' }))
      expect(error).toMatchObject({ code: GrpcStatus.INTERNAL, message: 'internal error' })
    })

    test('delivers what was streamed before an error', async () => {
      const received: number[] = []
      const read = async () => {
        for await (const reply of client().SayHelloStream({ name: 'missing', times: 2 })) received.push(reply.index)
      }
      expect((await failure(read())).statusName).toBe('NOT_FOUND')
      expect(received).toEqual([0, 1])
    })

    test('ends a call at its deadline', async () => {
      const error = await failure(client().SayHello({ name: 'wait' }, { timeoutMs: 30 }))
      expect(error.statusName).toBe('DEADLINE_EXCEEDED')
    })
  })
}

async function* requests(...names: string[]): AsyncGenerator<{ name: string }> {
  for (const name of names) yield { name }
}

function channel<Message>() {
  const stream = new TransformStream<Message, Message>({}, { highWaterMark: 16 }, { highWaterMark: 16 })
  const writer = stream.writable.getWriter()
  return {
    messages: stream.readable as unknown as AsyncIterable<Message>,
    send: (message: Message) => void writer.write(message),
    end: () => void writer.close(),
  }
}

async function failure(call: Promise<unknown>): Promise<GrpcError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof GrpcError) return error
  throw new Error(`expected a GrpcError, got ${Bun.inspect(error)}`)
}
