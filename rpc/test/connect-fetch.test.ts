/** Connect as a browser or curl speaks it: plain fetch with a body of known length, over a socket. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { createController, JustScale } from '@justscale/core'
import { rpcCors, RpcFeature, RpcServer } from '../index.ts'
import { greeterApp, Seen } from './greeter-app.ts'
import { GreeterContract, HelloReplySchema, HelloRequestSchema } from './greeter.ts'

const app = greeterApp({ port: false, readMaxBytes: 100_000 })
let http: ReturnType<typeof Bun.serve>

beforeAll(async () => {
  await app.start()
  const server = await app.resolve(RpcServer)
  http = Bun.serve({ port: 0, fetch: (request) => server.fetchHandler.fetch(request) })
})
afterAll(async () => {
  await http.stop(true)
  await app.stop()
})

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>, signal?: AbortSignal) =>
  fetch(`${http.url}greeter.v1.Greeter/SayHello`, { method: 'POST', body, headers, ...(signal && { signal }) })
const json = (message: object, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  post(JSON.stringify(message), { 'content-type': 'application/json', ...headers }, signal)

test('JSON, with metadata both ways', async () => {
  const response = await json(
    { name: 'Ada', times: 2, unknown: true },
    { 'x-ask': 'question', 'connect-timeout-ms': '5000' },
  )
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
  expect([response.headers.get('x-echo'), response.headers.get('trailer-x-last')]).toEqual(['question', 'true'])
  expect(await response.json()).toEqual({ message: 'Hello, Ada', index: 2 })
})

test('binary', async () => {
  const body = toBinary(HelloRequestSchema, create(HelloRequestSchema, { name: 'Ada' }))
  const response = await post(body, { 'content-type': 'application/proto' })
  expect(fromBinary(HelloReplySchema, await response.bytes())).toMatchObject({ message: 'Hello, Ada' })
})

test('a long answer is compressed for who accepts it', async () => {
  const zipped = await json({ name: 'g'.repeat(50_000) }, { 'accept-encoding': 'gzip' })
  expect(zipped.headers.get('content-encoding')).toBe('gzip')
  expect(((await zipped.json()) as { message: string }).message).toHaveLength(50_007)
  const weighed = await json({ name: 'g'.repeat(50_000) }, { 'accept-encoding': 'br;q=0, gzip;q=0.5' })
  expect(weighed.headers.get('content-encoding')).toBe('gzip')
  for (const refused of ['identity', 'gzip;q=0', 'gzip; q=0.0, identity']) {
    const plain = await json({ name: 'g'.repeat(50_000) }, { 'accept-encoding': refused })
    expect(plain.headers.get('content-encoding')).toBeNull()
  }
})

test('an error has its status, details and metadata', async () => {
  const response = await json({ name: 'missing' })
  expect([response.status, response.headers.get('x-why')]).toEqual([404, 'because'])
  const details = [{ type: 'greeter.v1.HelloRequest', value: 'CgZkZXRhaWw' }]
  expect(await response.json()).toMatchObject({ code: 'not_found', message: 'no "50%" of müller: gone', details })
})

const refused: readonly (readonly [
  name: string,
  body: string,
  headers: Record<string, string>,
  status: number,
  code: string,
])[] = [
  ['an unexpected error', '{"name":"bug"}', {}, 500, 'internal'],
  ['JSON that is none', '{', {}, 400, 'invalid_argument'],
  ['an empty body', '', {}, 400, 'invalid_argument'],
  ['a field of the wrong type', '{"name":5}', {}, 400, 'invalid_argument'],
  ['binary that is no message', '\xff\xff', { 'content-type': 'application/proto' }, 400, 'invalid_argument'],
  ['a deadline that passes', '{"name":"wait"}', { 'connect-timeout-ms': '20' }, 504, 'deadline_exceeded'],
  ['a deadline that is none', '{}', { 'connect-timeout-ms': 'soon' }, 400, 'invalid_argument'],
  ['a message larger than the limit', JSON.stringify({ name: 'x'.repeat(200_000) }), {}, 429, 'resource_exhausted'],
]
for (const [name, body, headers, status, code] of refused) {
  test(`${name} is answered with ${status}`, async () => {
    const response = await post(body, { 'content-type': 'application/json', ...headers })
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code])
  })
}

test('the handler hears when the caller leaves', async () => {
  const fresh = greeterApp({ port: false })
  await fresh.start()
  const server = await fresh.resolve(RpcServer)
  const seen = await fresh.resolve(Seen)
  const own = Bun.serve({ port: 0, fetch: (request) => server.fetchHandler.fetch(request) })
  const controller = new AbortController()
  const call = fetch(`${own.url}greeter.v1.Greeter/SayHello`, {
    method: 'POST',
    body: '{"name":"wait"}',
    headers: { 'content-type': 'application/json' },
    signal: controller.signal,
  }).catch((error: Error) => error.name)
  await seen.call('SayHello').started.promise
  controller.abort()
  expect(await call).toBe('AbortError')
  expect(await seen.call('SayHello').ended.promise).toBe('cut off')
  await own.stop(true)
  await fresh.stop()
})

test('a stream that stops because its deadline is over does not end well', async () => {
  const controller = createController.implements(GreeterContract).create({
    methods: () => ({
      SayHello: () => ({}),
      SayHelloStream: ({ signal }) => ({ [Symbol.asyncIterator]: () => ({ next: () => endAtAbort(signal) }) }),
      RecordRoute: () => ({}),
      async *RouteChat() {},
    }),
  })
  const served = JustScale()
    .add(controller)
    .add(RpcFeature({ port: false }))
    .build()
  await served.start()
  const { fetchHandler } = await served.resolve(RpcServer)
  const request = new Request('http://x/greeter.v1.Greeter/SayHelloStream', {
    method: 'POST',
    body: new Uint8Array(5),
    headers: { 'content-type': 'application/grpc-web+proto', 'grpc-timeout': '5m' },
  })
  expect(await (await fetchHandler.fetch(request)).text()).toContain('grpc-status: 4')
  await served.stop()
})

function endAtAbort(signal: AbortSignal): Promise<IteratorReturnResult<undefined>> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ done: true, value: undefined })))
}

test('a browser may send and read what Connect and gRPC-Web need', () => {
  for (const name of ['Content-Type', 'Connect-Protocol-Version', 'Connect-Timeout-Ms', 'Grpc-Timeout', 'X-Grpc-Web']) {
    expect(rpcCors.allowHeaders).toContain(name)
  }
  for (const name of ['Grpc-Status', 'Grpc-Message']) expect(rpcCors.exposeHeaders).toContain(name)
})
