/** WebSockets that are opened, used and abused: which handshake is refused with what, which message closes, what is left behind. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  createController,
  createMiddleware,
  defineModel,
  defineService,
  field,
  JustScale,
  Logger,
} from '@justscale/core'
import { z } from 'zod'
import { CloseCodeError, Get, HttpError, HttpFeature, HttpServer, Ws } from '../index.ts'
import { keptLog } from './quiet.ts'
import { RawClient } from './raw-client.ts'

class Room extends defineModel({ name: 'Room', fields: { title: field.string() } }) {}
class Notes extends defineService({
  inject: { log: Logger },
  factory: ({ log }) => ({ take: (text: string) => log.info(text) }),
}) {}

const signedIn = createMiddleware({
  handle:
    () =>
    ({ request }: { readonly request: Request }) => {
      if (request.headers.get('authorization') !== 'good') throw new HttpError(401, 'Sign in first')
      return { user: 'ann' }
    },
})

/** An asynchronous schema whose first value is the slowest. */
const Slow = z.object({ n: z.number() }).refine(async ({ n }) => {
  for (let turn = n; turn < 5; turn++) await Promise.resolve()
  return true
})

const sockets = createController({
  inject: { notes: Notes },
  routes: ({ notes }) => ({
    echo: Ws('/echo').handle(async ({ messages, send }) => {
      await messages.each((message) => send({ got: message, polluted: 'admin' in {} }))
    }),
    member: Ws('/rooms/:room')
      .types({ Room })
      .use(signedIn)
      .query(z.object({ as: z.enum(['guest', 'host']) }))
      .handle(async ({ messages, send, room, user, query, requestId }) => {
        await messages.each(() => {
          notes.take('a message')
          return send({ room: room.identifier, user, as: query.as, requestId })
        })
      }),
    ordered: Ws('/ordered')
      .message(Slow)
      .handle(async ({ messages, send }) => {
        await messages.each(({ n }) => send(n))
      }),
    strict: Ws('/strict')
      .message(z.object({ text: z.string() }))
      .handle(async ({ messages }) => {
        await messages.each(() => {})
      }),
    deaf: Ws('/deaf').handle(
      ({ closed }) => new Promise((resolve) => closed.addEventListener('abort', () => resolve())),
    ),
    over: Ws('/over').handle(async ({ send, close }) => {
      await send('last')
      for (const code of [0, 999, 1005, 1006, 1015, 2999, 5000, 4000.5, Number.NaN]) {
        expect(() => close(code)).toThrow(CloseCodeError)
      }
      close(4001, 'ü'.repeat(200))
      await send('after the end')
    }),
    large: Ws('/large').handle(async ({ messages, send }) => {
      await messages.each(async () => {
        for (const text of ['a'.repeat(12_000_000), '', 'b'.repeat(3_000_000), undefined, 'end']) await send(text)
      })
    }),
    throws: Ws('/throws').handle(async () => {
      throw new Error('secret')
    }),
    plain: Get('/plain').handle(() => 'plain'),
  }),
})
const { lines, sink } = keptLog()
const webSocket = { origins: ['https://friend.example'], maxQueue: 8, messagesPerSecond: 60, maxMessageSize: 4096 }
const app = JustScale()
  .add(sink)
  .add(Notes)
  .add(sockets)
  .add(HttpFeature({ port: 0, host: '127.0.0.1', webSocket }))
  .build()
let port = 0
let base = ''
beforeAll(async () => {
  await app.start()
  const server = await app.resolve(HttpServer)
  port = server.port
  base = server.url
})
afterAll(() => app.stop())

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

async function handshake(path: string, headers: Record<string, string> = upgrade): Promise<string> {
  const lines_ = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const client = new RawClient(port).write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines_.join('')}\r\n`)
  const { text } = await client.answer()
  client.destroy()
  return text
}

describe('handshakes', () => {
  test.each<[string, string, Record<string, string>, number]>([
    ['a proper one', '/echo', upgrade, 101],
    ['of the server itself', '/echo', { ...upgrade, origin: 'ORIGIN' }, 101],
    ['of a declared site', '/echo', { ...upgrade, origin: 'https://friend.example' }, 101],
    ['of another site', '/echo', { ...upgrade, origin: 'https://evil.example' }, 403],
    ['of a site with our name in its own', '/echo', { ...upgrade, origin: 'https://friend.example.evil.example' }, 403],
    ['of a file', '/echo', { ...upgrade, origin: 'null' }, 403],
    ['none at all', '/echo', {}, 426],
    ['another protocol', '/echo', { ...upgrade, upgrade: 'h2c' }, 426],
    ['without a key', '/echo', { ...upgrade, 'sec-websocket-key': '' }, 400],
    ['nobody', '/rooms/r-1?as=host', upgrade, 401],
    ['a wrong query', '/rooms/r-1?as=boss', { ...upgrade, authorization: 'good' }, 422],
    ['what is no reference', '/rooms/a%20b?as=host', { ...upgrade, authorization: 'good' }, 422],
    ['a member', '/rooms/r-1?as=host', { ...upgrade, authorization: 'good' }, 101],
    ['an address that is not there', '/nowhere', upgrade, 404],
    ['an address that is no socket', '/plain', upgrade, 200],
  ])('%s: %s', async (_what, path, headers, status) => {
    const sent = headers['origin'] === 'ORIGIN' ? { ...headers, origin: base } : headers
    const text = await handshake(path, sent)
    expect(text.slice(0, text.indexOf('\r\n'))).toContain(` ${status} `)
    if (status >= 400) expect(text.toLowerCase()).toContain('content-type: application/problem+json')
    if (status === 426) expect(text.toLowerCase()).toContain('upgrade: websocket')
  })

  test('do not happen without a socket', async () => {
    const response = await (await app.resolve(HttpServer)).fetch('/echo', { headers: upgrade })
    expect([response.status, (await response.json()).detail]).toEqual([400, 'The handshake is not valid'])
  })
})

interface Opened {
  readonly socket: WebSocket
  readonly next: () => Promise<unknown>
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

async function open(path: string, headers: Record<string, string> = {}): Promise<Opened> {
  const socket = new WebSocket(base.replace('http', 'ws') + path, { headers } as never)
  const received: string[] = []
  let wake = () => {}
  socket.addEventListener('message', ({ data }) => {
    received.push(String(data))
    wake()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason })),
  )
  await Promise.race([new Promise((resolve) => socket.addEventListener('open', resolve)), closed])
  const next = async () => {
    while (received.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    const text = received.shift() ?? ''
    try {
      return JSON.parse(text) as unknown
    } catch {
      return text
    }
  }
  return { socket, next, closed }
}

describe('messages', () => {
  test.each<[string, string | Uint8Array<ArrayBuffer>, unknown]>([
    ['JSON', '{"a":[1]}', { got: { a: [1] }, polluted: false }],
    ['a prototype key', '{"__proto__":{"admin":1},"a":1}', { got: { a: 1 }, polluted: false }],
    ['no JSON', 'hello', { error: { title: 'Unprocessable Message', detail: 'The message is not valid JSON' } }],
    ['nothing', '', { error: { title: 'Unprocessable Message', detail: 'The message is not valid JSON' } }],
    ['bytes', new Uint8Array([1, 2]), { error: { title: 'Unprocessable Message', detail: 'Messages are text' } }],
    [
      'too deep',
      '['.repeat(4000),
      { error: { title: 'Unprocessable Message', detail: 'The message is not valid JSON' } },
    ],
  ])('%s is answered', async (_what, message, answer) => {
    const { socket, next } = await open('/echo')
    socket.send(message)
    expect(await next()).toEqual(answer as never)
    socket.close()
  })

  test('know the steps of the handshake, and so do the lines of the log', async () => {
    const headers = { authorization: 'good', 'x-request-id': 'opened-by-me' }
    const { socket, next } = await open('/rooms/r-1?as=guest', headers)
    socket.send('1')
    expect(await next()).toEqual({ room: 'r-1', user: 'ann', as: 'guest', requestId: 'opened-by-me' })
    const line = lines.find(({ rawMessage }) => rawMessage === 'a message')
    expect(line?.properties).toMatchObject({ requestId: 'opened-by-me', cell: 'message of /rooms/:room' })
    socket.close()
  })

  test('keep their order, however long each check takes', async () => {
    const { socket, next } = await open('/ordered')
    for (let n = 0; n < 5; n++) socket.send(JSON.stringify({ n }))
    for (let n = 0; n < 5; n++) expect(await next()).toBe(n)
    socket.close()
  })
})

test('what is sent arrives, however large, in order, and nothing as null', async () => {
  const { socket, next } = await open('/large')
  socket.send('1')
  const lengths = []
  for (let n = 0; n < 5; n++) lengths.push(await next())
  expect(lengths.map((value) => (typeof value === 'string' ? value.length : value))).toEqual([
    12_000_000,
    0,
    3_000_000,
    null,
    3,
  ])
  socket.close()
})

describe('what closes a socket', () => {
  test.each<[string, string, (socket: WebSocket) => void, number, string]>([
    [
      'more than is read',
      '/deaf',
      (socket) => Array.from({ length: 9 }, () => socket.send('1')),
      1008,
      'Too many unread messages',
    ],
    [
      'more than may be sent',
      '/strict',
      (socket) => Array.from({ length: 500 }, () => socket.send('1')),
      1008,
      'Too many',
    ],
    ['a handler that fails', '/throws', () => {}, 1011, 'Internal error'],
    ['the handler itself', '/over', () => {}, 4001, 'ü'.repeat(61)],
  ])('%s', async (_what, path, misbehave, code, reason) => {
    const { socket, closed } = await open(path)
    misbehave(socket)
    const end = await closed
    expect(end.code).toBe(code)
    expect(end.reason).toStartWith(reason)
    expect(end.reason).not.toContain('secret')
  })

  test.each<[string, Uint8Array<ArrayBuffer>]>([
    ['a message that is too long', frame(0x81, new Uint8Array(5000).fill(0x31))],
    ['text that is no UTF-8', frame(0x81, new Uint8Array([0x22, 0xff, 0x22]))],
    ['a frame without a mask', new Uint8Array([0x81, 0x01, 0x31])],
    ['a reserved kind of frame', frame(0x83, new Uint8Array([0x31]))],
    ['a control frame that is too long', frame(0x89, new Uint8Array(200))],
  ])('%s', async (_what, bytes) => {
    const client = new RawClient(port)
    const headers = Object.entries(upgrade).map(([name, value]) => `${name}: ${value}\r\n`)
    client.write(`GET /echo HTTP/1.1\r\nhost: a\r\n${headers.join('')}\r\n`)
    expect((await client.answer()).status).toContain('101')
    client.write(bytes)
    await client.rest()
    expect(client.closed).toBeTrue()
  })

  test('leaves nothing open', async () => {
    const metrics = async () => (await fetch(`${base}/metrics`)).text()
    while (!(await metrics()).includes('http_web_sockets 0\n')) await new Promise((resolve) => setImmediate(resolve))
    expect((await fetch(`${base}/plain`)).status).toBe(200)
  })
})

/** A client's frame, masked with zeros. */
function frame(first: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const long = payload.length > 125
  const head = long ? [first, 0xfe, payload.length >> 8, payload.length & 0xff] : [first, 0x80 | payload.length]
  return new Uint8Array([...head, 0, 0, 0, 0, ...payload])
}
