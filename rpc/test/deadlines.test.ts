/** The server keeps deadlines itself: with handlers that never hear of them, and with requests that do not arrive. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { connect as connectSocket } from 'node:net'
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { createController, JustScale } from '@justscale/core'
import { createRpcClient, inProcessTransport, RpcFeature, RpcServer } from '../index.ts'
import { GreeterContract } from './greeter.ts'
import { frame } from './matrix/envelopes.ts'
import { questionBytes } from './matrix/messages.ts'

/** Lets the handlers end; none of them listens to its signal. */
const open = Promise.withResolvers<void>()
const greeter = createController.implements(GreeterContract).create({
  methods: () => ({
    SayHello: async ({ body }) => {
      if (body.name === 'deaf') await open.promise
      return { message: body.name }
    },
    async *SayHelloStream({ body }) {
      await open.promise
      yield { message: body.name }
    },
    RecordRoute: async () => {
      await open.promise
      return {}
    },
    async *RouteChat() {
      await open.promise
      yield { message: 'late' }
    },
  }),
})
const makeApp = (receiveMs: number) =>
  JustScale()
    .add(greeter)
    .add(RpcFeature({ port: 0, hostname: '127.0.0.1', drainMs: 50, receiveMs }))
    .build()

const app = makeApp(30_000)
const hasty = makeApp(20)
let http: ReturnType<typeof Bun.serve>
let session: ClientHttp2Session
let hastySession: ClientHttp2Session

beforeAll(async () => {
  await Promise.all([app.start(), hasty.start()])
  const { fetchHandler, port } = await app.resolve(RpcServer)
  session = connect(`http://127.0.0.1:${port}`)
  hastySession = connect(`http://127.0.0.1:${(await hasty.resolve(RpcServer)).port}`)
  http = Bun.serve({ port: 0, fetch: (request) => fetchHandler.fetch(request) })
})
afterAll(async () => {
  open.resolve()
  session.destroy()
  hastySession.destroy()
  await http.stop(true)
  await Promise.all([app.stop(), hasty.stop()])
})

const deaf = frame(questionBytes({ name: 'deaf' }))

/** The status of a call whose request is never finished when there is less than a message of it. */
function status(on: ClientHttp2Session, method: string, body: Uint8Array, headers: object): Promise<unknown> {
  const path = `/greeter.v1.Greeter/${method}`
  const stream = on.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  })
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const note = (more: IncomingHttpHeaders) => {
    if (more['grpc-status'] !== undefined) resolve(more['grpc-status'])
  }
  stream.on('response', note)
  stream.on('trailers', note)
  stream.on('error', reject)
  stream.resume()
  if (body === deaf) stream.end(body)
  else stream.write(body)
  return promise
}

for (const method of ['SayHello', 'SayHelloStream', 'RecordRoute', 'RouteChat']) {
  test(`gRPC ${method}: the deadline of a handler that does not hear of it`, async () => {
    expect(await status(session, method, deaf, { 'grpc-timeout': '20m' })).toBe('4')
  })
}

for (const encoding of ['identity', 'gzip']) {
  test(`gRPC ${encoding}: a message of which only half arrives`, async () => {
    const half = frame(questionBytes({ name: 'deaf' })).subarray(0, 7)
    const headers = { 'grpc-encoding': encoding }
    expect(await status(hastySession, 'SayHello', half, headers)).toBe('4')
    expect(await status(hastySession, 'SayHelloStream', half, headers)).toBe('4')
  })
}

test('gRPC: half a message with a deadline', async () => {
  expect(await status(session, 'SayHello', deaf.subarray(0, 7), { 'grpc-timeout': '20m' })).toBe('4')
})

/** What a Connect server answers to the beginning of a request. */
function answerTo(port: number | undefined, head: readonly string[], body: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connectSocket(port ?? 0, '127.0.0.1')
  let text = ''
  socket.on('error', reject)
  socket.on('data', (chunk) => {
    text += String(chunk)
    if (text.includes('}')) resolve(text)
  })
  const lines = ['POST /greeter.v1.Greeter/SayHello HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...head]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  return promise.finally(() => socket.destroy())
}

test('Connect: the deadline of a handler that does not hear of it', async () => {
  const answer = await answerTo(http.port, ['Connect-Timeout-Ms: 20', 'Content-Length: 15'], '{"name":"deaf"}')
  expect(answer).toContain('504')
  expect(answer).toContain('deadline_exceeded')
})

for (const head of [['Content-Length: 15'], ['Transfer-Encoding: chunked']]) {
  test(`Connect: a message of which only half arrives, ${head}`, async () => {
    const { fetchHandler } = await hasty.resolve(RpcServer)
    const server = Bun.serve({ port: 0, fetch: (request) => fetchHandler.fetch(request) })
    expect(await answerTo(server.port, head, head[0] === 'Content-Length: 15' ? '{"na' : '4\r\n{"na\r\n')).toContain(
      'deadline_exceeded',
    )
    await server.stop(true)
  })
}

test('in process', async () => {
  const client = createRpcClient(GreeterContract, { transport: inProcessTransport(app) })
  const error = await client.SayHello({ name: 'deaf' }, { timeoutMs: 20 }).catch((error) => error)
  expect(error).toMatchObject({ statusName: 'DEADLINE_EXCEEDED' })
  const left = new AbortController()
  const call = client.SayHello({ name: 'deaf' }, { signal: left.signal }).catch((error) => error)
  left.abort()
  expect(await call).toMatchObject({ statusName: 'CANCELLED' })
})
