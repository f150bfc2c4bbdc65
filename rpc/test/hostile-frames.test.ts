/**
 * Bodies that no well-meaning client sends, for every kind of method over every protocol with frames. Whatever comes, the
 * server answers the same status everywhere and serves the next call.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { GrpcStatus, RpcServer, type GrpcStatusName } from '../index.ts'
import { greeterApp } from './greeter-app.ts'
import { envelopes, frame } from './matrix/envelopes.ts'
import { questionBytes } from './matrix/messages.ts'

const app = greeterApp({ readMaxBytes: 100_000 })
let session: ClientHttp2Session
let http: ReturnType<typeof Bun.serve>

beforeAll(async () => {
  await app.start()
  const server = await app.resolve(RpcServer)
  session = connect(`http://127.0.0.1:${server.port}`)
  http = Bun.serve({ port: 0, fetch: (request) => server.fetchHandler.fetch(request) })
})
afterAll(async () => {
  session.destroy()
  await http.stop(true)
  await app.stop()
})

type Body = Uint8Array<ArrayBuffer>
type Headers = Readonly<Record<string, string>>

/** A status, or what HTTP answers to what is no call of the protocol at all. */
type Answer = GrpcStatusName | `http ${number}`

interface Protocol {
  readonly name: string
  readonly contentType: string
  /** Names of its headers for the encoding of messages and for the deadline. */
  readonly encoding: string
  readonly timeout: string
  readonly unitOfTimeout: string
  readonly send: (method: string, body: Body, headers: Headers) => Promise<Answer>
}

const protocols: readonly Protocol[] = [
  {
    name: 'gRPC',
    contentType: 'application/grpc',
    encoding: 'grpc-encoding',
    timeout: 'grpc-timeout',
    unitOfTimeout: 'n',
    send: sendGrpc,
  },
  {
    name: 'gRPC-Web',
    contentType: 'application/grpc-web+proto',
    encoding: 'grpc-encoding',
    timeout: 'grpc-timeout',
    unitOfTimeout: 'n',
    send: sendGrpcWeb,
  },
  {
    name: 'Connect',
    contentType: 'application/connect+proto',
    encoding: 'connect-content-encoding',
    timeout: 'connect-timeout-ms',
    unitOfTimeout: '',
    send: sendConnect,
  },
]

interface Case {
  readonly name: string
  readonly body: Body
  readonly encoding?: string
  readonly timeout?: string
  readonly contentType?: string
  readonly answer: Answer
  /** Of methods that take a stream, where it differs. */
  readonly ofStreams?: Answer
  /** Not for methods that take one message: they refuse a second one before they know more of it. */
  readonly onlyStreams?: boolean
}

const hello = frame(questionBytes({ name: 'Ada' }))
const bytes = (...values: number[]): Body => Uint8Array.from(values)
const flagged = (message: Body): Body => {
  const envelope = frame(message)
  envelope[0] = 1
  return envelope
}

const cases: readonly Case[] = [
  { name: 'an empty body', body: bytes(), answer: 'UNIMPLEMENTED', ofStreams: 'OK' },
  { name: 'half a prefix', body: bytes(0, 0, 0), answer: 'INVALID_ARGUMENT' },
  { name: 'a length without a message', body: bytes(0, 0, 0, 0, 10), answer: 'INVALID_ARGUMENT' },
  { name: 'a truncated message', body: bytes(0, 0, 0, 0, 100, 10, 3, 65), answer: 'INVALID_ARGUMENT' },
  {
    name: 'a message, and a length without one',
    body: Uint8Array.from([...hello, 0, 0, 0, 0, 10]),
    onlyStreams: true,
    answer: 'INVALID_ARGUMENT',
  },
  { name: 'a length of 4 GiB', body: bytes(0, 255, 255, 255, 255), answer: 'RESOURCE_EXHAUSTED' },
  { name: 'a message larger than the limit', body: frame(new Uint8Array(200_000)), answer: 'RESOURCE_EXHAUSTED' },
  { name: 'a message that is no protobuf', body: frame(bytes(255, 255, 255, 255)), answer: 'INTERNAL' },
  { name: 'text that is not UTF-8', body: frame(bytes(10, 2, 0xc3, 0x28)), answer: 'INTERNAL' },
  { name: 'two messages', body: Uint8Array.from([...hello, ...hello]), answer: 'UNIMPLEMENTED', ofStreams: 'OK' },
  { name: 'unknown fields', body: frame(bytes(10, 1, 65, 0xf8, 0x3f, 1)), answer: 'OK' },
  { name: 'a compressed message without an encoding', body: flagged(bytes(1, 2, 3)), answer: 'INTERNAL' },
  { name: 'an encoding nobody knows', body: hello, encoding: 'zstd', answer: 'UNIMPLEMENTED' },
  { name: 'gzip that is none', body: flagged(bytes(1, 2, 3)), encoding: 'gzip', answer: 'INVALID_ARGUMENT' },
  {
    name: 'a gzip bomb',
    body: frame(new Uint8Array(50_000_000), true),
    encoding: 'gzip',
    answer: 'RESOURCE_EXHAUSTED',
  },
  { name: 'a malformed deadline', body: hello, timeout: 'soon', answer: 'INVALID_ARGUMENT' },
  { name: 'a deadline in the past', body: hello, timeout: '0', answer: 'DEADLINE_EXCEEDED' },
  { name: 'a wrong content type', body: hello, contentType: 'text/plain', answer: 'http 415' },
]

const unaryOnly = 'SayHello'
for (const protocol of protocols) {
  describe(protocol.name, () => {
    afterEach(async () => {
      const headers = { 'content-type': protocol.contentType }
      expect(await protocol.send('SayHelloStream', hello, headers)).toBe('OK')
    })

    for (const method of ['SayHello', 'SayHelloStream', 'RecordRoute', 'RouteChat']) {
      // A unary call of Connect has no frames: connect-fetch.test.ts has its bodies.
      if (protocol.name === 'Connect' && method === unaryOnly) continue
      for (const { name, body, encoding, timeout, contentType, answer, ofStreams, onlyStreams } of cases) {
        const streams = method === 'RecordRoute' || method === 'RouteChat'
        if (onlyStreams && !streams) continue
        const expected = streams ? (ofStreams ?? answer) : answer
        test(`${method}: ${name} is ${expected}`, async () => {
          const headers = {
            'content-type': contentType ?? protocol.contentType,
            ...(encoding !== undefined && { [protocol.encoding]: encoding }),
            ...(timeout !== undefined && {
              [protocol.timeout]: timeout + (timeout === '0' ? protocol.unitOfTimeout : ''),
            }),
          }
          expect(await protocol.send(method, body, headers)).toBe(expected)
        })
      }
    }

    test('a method that is not there', async () => {
      const headers = { 'content-type': protocol.contentType }
      expect(await protocol.send('Nothing', hello, headers)).toBe(
        protocol.name === 'gRPC' ? 'UNIMPLEMENTED' : 'http 404',
      )
    })
  })
}

function sendGrpc(method: string, body: Body, headers: Headers): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const path = `/greeter.v1.Greeter/${method}`
  const stream = session.request({ ':method': 'POST', ':path': path, te: 'trailers', ...headers })
  let found: IncomingHttpHeaders = {}
  const note = (more: IncomingHttpHeaders) => void (found = { ...found, ...more })
  stream.on('response', note)
  stream.on('trailers', note)
  stream.on('error', reject)
  stream.on('close', () => resolve(statusOf(found['grpc-status'], Number(found[':status']))))
  stream.resume()
  stream.end(body)
  return promise
}

async function post(method: string, body: Body, headers: Headers): Promise<Response> {
  return fetch(`${http.url}greeter.v1.Greeter/${method}`, { method: 'POST', body, headers })
}

async function sendGrpcWeb(method: string, body: Body, headers: Headers): Promise<Answer> {
  const response = await post(method, body, headers)
  const last = envelopes(await response.bytes()).find(({ flags }) => flags === 0x80)
  const trailer = /^grpc-status: (\d+)/m.exec(new TextDecoder().decode(last?.message))?.[1]
  return statusOf(trailer ?? response.headers.get('grpc-status') ?? undefined, response.status)
}

async function sendConnect(method: string, body: Body, headers: Headers): Promise<Answer> {
  const response = await post(method, body, headers)
  if (!response.ok) return `http ${response.status}`
  const last = envelopes(await response.bytes()).find(({ flags }) => (flags & 2) !== 0)
  const { error } = JSON.parse(new TextDecoder().decode(last?.message)) as { error?: { code: string } }
  return error === undefined ? 'OK' : (error.code.toUpperCase() as GrpcStatusName)
}

function statusOf(status: string | string[] | undefined, http: number): Answer {
  const names = Object.keys(GrpcStatus) as GrpcStatusName[]
  return status === undefined ? `http ${http}` : (names[Number(status)] ?? 'UNKNOWN')
}
