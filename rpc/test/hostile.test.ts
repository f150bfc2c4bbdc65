/** What no well-meaning client does, beside the bodies of hostile-frames.test.ts. The server answers, and serves the next call. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { create, toBinary } from '@bufbuild/protobuf'
import { RpcServer } from '../index.ts'
import { greeterApp, Seen } from './greeter-app.ts'
import { HelloRequestSchema } from './greeter.ts'

const app = greeterApp({ readMaxBytes: 100_000 })
let session: ClientHttp2Session
let address: string
let handle: (request: Request) => Promise<Response>

beforeAll(async () => {
  await app.start()
  const server = await app.resolve(RpcServer)
  address = `http://127.0.0.1:${server.port}`
  session = connect(address)
  session.on('error', () => {})
  handle = async (request) => server.fetchHandler.fetch(request)
})

afterAll(async () => {
  session.destroy()
  await app.stop()
})

interface Answer {
  readonly status: string
  readonly message: string
}

/** One gRPC call with a body of exactly these bytes; the status may come in headers or trailers. */
function grpc(
  method: string,
  body: Uint8Array,
  headers: Record<string, string> = {},
  on: ClientHttp2Session = session,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const stream = on.request({
    ':method': 'POST',
    ':path': `/greeter.v1.Greeter/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  })
  let found: IncomingHttpHeaders = {}
  const note = (more: IncomingHttpHeaders) => void (found = { ...found, ...more })
  stream.on('response', note)
  stream.on('trailers', note)
  stream.on('error', reject)
  stream.on('close', () =>
    resolve({
      status: String(found['grpc-status'] ?? `http ${found[':status']}`),
      message: String(found['grpc-message'] ?? ''),
    }),
  )
  stream.resume()
  stream.end(body)
  return promise
}

function envelope(message: Uint8Array, flags = 0, length = message.length): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(5 + message.length)
  frame[0] = flags
  new DataView(frame.buffer).setUint32(1, length)
  frame.set(message, 5)
  return frame
}

const hello = envelope(toBinary(HelloRequestSchema, create(HelloRequestSchema, { name: 'Ada' })))
const bytes = (...values: number[]) => Uint8Array.from(values)

afterEach(async () => {
  expect(await grpc('SayHello', hello)).toMatchObject({ status: '0' })
})

describe('gRPC', () => {
  test('a GET is refused', async () => {
    expect((await grpc('SayHello', bytes(), { ':method': 'GET' })).status).toBe('http 405')
  })

  for (const method of ['SayHello', 'RecordRoute']) {
    test(`${method}: what a caller sends after its answer is thrown away`, async () => {
      const own = connect(address)
      const stream = own.request({
        ':method': 'POST',
        ':path': `/greeter.v1.Greeter/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      const refused = new Promise<string>((resolve) => {
        const note = (headers: IncomingHttpHeaders) => {
          if (headers['grpc-status'] !== undefined) resolve(String(headers['grpc-status']))
        }
        stream.on('response', note)
        stream.on('trailers', note)
      })
      stream.resume()
      stream.write(envelope(new Uint8Array(0), 0, 200_000))
      expect(await refused).toBe('8')
      // Many times what a stream may send before its peer reads.
      const sent = Promise.withResolvers<void>()
      stream.write(new Uint8Array(4_000_000), (error) => (error ? sent.reject(error) : sent.resolve()))
      await sent.promise
      const closed = new Promise<number | undefined>((resolve) => stream.on('close', () => resolve(stream.rstCode)))
      stream.end()
      expect(await closed).toBe(0)
      own.close()
    })
  }

  for (const method of ['SayHello', 'SayHelloStream']) {
    test(`${method}: an answer that is read late has its end all the same`, async () => {
      const fresh = greeterApp()
      await fresh.start()
      const own = connect(`http://127.0.0.1:${(await fresh.resolve(RpcServer)).port}`)
      const call = (of: string) =>
        own.request({
          ':method': 'POST',
          ':path': `/greeter.v1.Greeter/${of}`,
          'content-type': 'application/grpc',
          te: 'trailers',
        })
      const late = call(method)
      const status = new Promise((resolve) => late.on('trailers', (headers) => resolve(headers['grpc-status'])))
      const times = method === 'SayHello' ? 1 : 3
      const request = create(HelloRequestSchema, { name: 'x'.repeat(1_000_000), times })
      late.end(envelope(toBinary(HelloRequestSchema, request)))
      await new Promise((resolve) => late.once('response', resolve))
      // One that does not stop sending is closed in the end: as much time has passed by then.
      const stuck = call('RecordRoute')
      stuck.resume()
      stuck.write(envelope(new Uint8Array(0), 0, 50_000_000))
      await new Promise((resolve) => stuck.once('close', resolve))
      let received = 0
      late.on('data', (chunk: Uint8Array) => void (received += chunk.length))
      expect(await status).toBe('0')
      expect(received).toBeGreaterThan(times * 1_000_000)
      own.close()
      await fresh.stop()
    })
  }

  for (const method of ['SayHello', 'SayHelloStream', 'RecordRoute', 'RouteChat']) {
    test(`${method}: a connection that breaks off in the middle ends the handler`, async () => {
      const fresh = greeterApp()
      await fresh.start()
      const { port } = await fresh.resolve(RpcServer)
      const seen = await fresh.resolve(Seen)
      const own = connect(`http://127.0.0.1:${port}`)
      const stream = own.request({
        ':method': 'POST',
        ':path': `/greeter.v1.Greeter/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      stream.on('error', () => {})
      const wait = toBinary(HelloRequestSchema, create(HelloRequestSchema, { name: 'wait' }))
      if (method.startsWith('SayHello')) stream.end(envelope(wait))
      else stream.write(envelope(wait))
      await seen.call(method).started.promise
      own.destroy()
      expect(await seen.call(method).ended.promise).toBe('cut off')
      await fresh.stop()
    })
  }

  test('a storm of reset streams leaves the server alive', async () => {
    const own = connect(address)
    own.on('error', () => {})
    for (let index = 0; index < 500 && !own.destroyed; index++) {
      const stream = own.request({
        ':method': 'POST',
        ':path': '/greeter.v1.Greeter/SayHello',
        'content-type': 'application/grpc',
      })
      stream.on('error', () => {})
      stream.close(constants.NGHTTP2_CANCEL)
    }
    await new Promise<void>((resolve) => own.close(resolve))
  })
})

describe('Connect and gRPC-Web', () => {
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>, method = 'SayHello') =>
    handle(new Request(`http://x/greeter.v1.Greeter/${method}`, { method: 'POST', body, headers }))
  const json = { 'content-type': 'application/json' }

  const cases: readonly (readonly [
    name: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
    status: number,
  ])[] = [
    ['JSON that is none', '{', json, 400],
    ['JSON of another shape', '[1]', json, 400],
    ['a field of the wrong type', '{"name":5}', json, 400],
    ['a message larger than the limit', JSON.stringify({ name: 'x'.repeat(200_000) }), json, 429],
    [
      'a gzip bomb',
      Bun.gzipSync(new Uint8Array(50_000_000)),
      { 'content-type': 'application/proto', 'content-encoding': 'gzip' },
      429,
    ],
    ['an unknown content type', 'x', { 'content-type': 'text/html' }, 415],
    ['an unknown encoding', 'x', { 'content-type': 'application/proto', 'content-encoding': 'zstd' }, 501],
    ['plain gRPC, which this port cannot answer', hello, { 'content-type': 'application/grpc' }, 415],
  ]
  for (const [name, body, headers, status] of cases) {
    test(`${name} is answered with ${status}`, async () => {
      expect((await post(body, headers)).status).toBe(status)
    })
  }

  test('an unknown JSON field is ignored', async () => {
    const response = await post('{"name":"Ada","nope":1}', json)
    expect([response.status, await response.json()]).toEqual([200, { message: 'Hello, Ada', index: -1 }])
  })

  test('an internal error says nothing', async () => {
    const response = await post('{"name":"bug"}', json)
    expect([response.status, await response.json()]).toEqual([500, { code: 'internal', message: 'internal error' }])
  })

  test('a method that is not there does not match', async () => {
    const { fetchHandler } = await app.resolve(RpcServer)
    expect(fetchHandler.matches(new Request('http://x/greeter.v1.Greeter/Nothing', { method: 'POST' }))).toBe(false)
    expect(fetchHandler.matches(new Request('http://x/greeter.v1.Greeter/SayHello', { method: 'POST' }))).toBe(true)
  })
})
