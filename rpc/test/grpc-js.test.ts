/** A foreign client against our server: @grpc/grpc-js, with messages as raw bytes of our schemas. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { Client, compressionAlgorithms, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js'
import { RpcServer } from '../index.ts'
import { greeterApp, Seen } from './greeter-app.ts'
import { HelloReplySchema, HelloRequestSchema, HelloSummarySchema } from './greeter.ts'

const app = greeterApp()
let client: Client

beforeAll(async () => {
  await app.start()
  const { port } = await app.resolve(RpcServer)
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
})

afterAll(async () => {
  client.close()
  await app.stop()
})

type Request = MessageInitShape<typeof HelloRequestSchema>
const path = (method: string) => `/greeter.v1.Greeter/${method}`
const encode = (request: Request) => Buffer.from(toBinary(HelloRequestSchema, create(HelloRequestSchema, request)))
const reply = (bytes: Buffer) => fromBinary(HelloReplySchema, bytes)
const summary = (bytes: Buffer) => fromBinary(HelloSummarySchema, bytes)

function sayHello(request: Request, options: { deadline?: number; to?: Client } = {}) {
  return new Promise<{ message: string }>((resolve, reject) => {
    const deadline = Date.now() + (options.deadline ?? 5_000)
    const answer = (error: ServiceError | null, value?: { message: string }) =>
      error ? reject(error) : resolve(value ?? { message: '' })
    ;(options.to ?? client).makeUnaryRequest(
      path('SayHello'),
      encode,
      reply,
      request,
      new Metadata(),
      { deadline },
      answer,
    )
  })
}

async function failure(call: Promise<unknown>): Promise<ServiceError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Error && 'details' in error) return error as ServiceError
  throw new Error(`expected an error of the service, got ${Bun.inspect(error)}`)
}

test('unary', async () => {
  expect(await sayHello({ name: 'Ada' })).toMatchObject({ message: 'Hello, Ada' })
})

test('server stream', async () => {
  const received: number[] = []
  const call = client.makeServerStreamRequest(path('SayHelloStream'), encode, reply, { name: 'Ada', times: 100 })
  for await (const message of call) received.push((message as { index: number }).index)
  expect(received).toEqual(Array.from({ length: 100 }, (_, index) => index))
})

test('client stream', async () => {
  const { promise, resolve, reject } = Promise.withResolvers<{ count: number }>()
  const call = client.makeClientStreamRequest(path('RecordRoute'), encode, summary, (error, value) =>
    error ? reject(error) : resolve(value ?? { count: -1 }),
  )
  for (const name of 'abc') call.write({ name })
  call.end()
  expect(await promise).toMatchObject({ count: 3 })
})

test('bidi stream, one answer per question', async () => {
  const call = client.makeBidiStreamRequest(path('RouteChat'), encode, reply)
  const answers = call[Symbol.asyncIterator]()
  for (const name of 'abc') {
    call.write({ name })
    expect((await answers.next()).value).toMatchObject({ message: `Hello, ${name}` })
  }
  call.end()
  expect((await answers.next()).done).toBe(true)
})

test('error text, decoded as the protocol says, and details', async () => {
  const error = await failure(sayHello({ name: 'missing' }))
  expect(error).toMatchObject({ code: status.NOT_FOUND, details: 'no "50%" of müller: gone' })
  expect(error.metadata.get('grpc-status-details-bin')).toHaveLength(1)
})

test('the text of an error that ends a stream', async () => {
  const call = client.makeServerStreamRequest(path('SayHelloStream'), encode, reply, { name: 'fail', times: 1 })
  call.resume()
  const error = await new Promise<ServiceError>((resolve) =>
    call.on('error', (reason) => resolve(reason as ServiceError)),
  )
  expect(error).toMatchObject({ code: status.DATA_LOSS, details: 'halfway: 50%' })
})

test('deadline', async () => {
  expect((await failure(sayHello({ name: 'wait' }, { deadline: 50 }))).code).toBe(status.DEADLINE_EXCEEDED)
})

test('the server sees a cancelled stream and runs its finally blocks', async () => {
  const fresh = greeterApp()
  await fresh.start()
  const seen = await fresh.resolve(Seen)
  const own = new Client(`127.0.0.1:${(await fresh.resolve(RpcServer)).port}`, credentials.createInsecure())
  const call = own.makeServerStreamRequest(path('SayHelloStream'), encode, reply, { name: 'wait', times: 1 })
  const ended = new Promise<ServiceError>((resolve) => call.on('error', (error) => resolve(error as ServiceError)))
  await new Promise((resolve) => call.once('data', resolve))
  call.cancel()
  expect((await ended).code).toBe(status.CANCELLED)
  expect(await seen.finished.promise).toBe('SayHelloStream')
  own.close()
  await fresh.stop()
})

test('gzip from the client', async () => {
  const { port } = await app.resolve(RpcServer)
  const zipped = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
  })
  const name = 'g'.repeat(100_000)
  expect((await sayHello({ name }, { to: zipped })).message).toHaveLength(100_007)
  zipped.close()
})

test('messages of almost 4 MiB pass, larger ones are refused and the connection lives', async () => {
  const name = 'm'.repeat(4 * 1024 * 1024 - 100)
  const { port } = await app.resolve(RpcServer)
  const large = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 })
  expect((await sayHello({ name }, { to: large })).message).toHaveLength(name.length + 7)
  expect((await failure(sayHello({ name: `${name}${'m'.repeat(200)}` }, { to: large }))).code).toBe(
    status.RESOURCE_EXHAUSTED,
  )
  expect((await sayHello({ name: 'after' }, { to: large })).message).toBe('Hello, after')
  large.close()
})

test('1,000 concurrent calls', async () => {
  const replies = await Promise.all(
    Array.from({ length: 1000 }, (_, index) => sayHello({ name: String(index) }, { deadline: 30_000 })),
  )
  expect(replies.every((answer, index) => answer.message === `Hello, ${index}`)).toBe(true)
})
