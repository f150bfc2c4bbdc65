import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { afterCommit, createController, JustScale } from '@justscale/core'
import { requireCell } from '@justscale/core/cell'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { Get, HttpFeature, HttpServer, Post } from '../index.ts'
import { keptLog } from './quiet.ts'
import { RawClient } from './raw-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'static-'))
mkdirSync(join(folder, 'public', 'sub'), { recursive: true })
writeFileSync(join(folder, 'secret.txt'), 'secret')
writeFileSync(join(folder, 'public', 'page.txt'), 'page')
writeFileSync(join(folder, 'public', 'sub', 'index.html'), '<p>')
symlinkSync(join(folder, 'secret.txt'), join(folder, 'public', 'link.txt'))

const order: string[] = []
const targets = createController({
  routes: () => ({
    ok: Get('/ok').handle(() => 'ok'),
    ip: Get('/ip').handle(({ clientAddress }) => clientAddress),
    echo: Post('/echo')
      .body(z.looseObject({ a: z.number().optional() }))
      .handle(({ body }) => ({ keys: Object.keys(body), polluted: 'admin' in {} })),
    upload: Post('/upload')
      .body(z.instanceof(ReadableStream), { type: 'stream', limit: 3_000_000 })
      .handle(async ({ body }) => {
        let length = 0
        for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) length += chunk.length
        return length
      }),
    refused: Post('/refused').handle(async () => {
      await requireCell('test').beforeCommit(() => {})
      throw null
    }),
    late: Get('/late').handle(() => {
      afterCommit(() => order.push('committed'))
      return 'late'
    }),
    stuck: Get('/stuck').handle(() => ({ big: 10n })),
    promise: Get('/promise').handle(() => Promise.reject(new Error('secret'))),
  }),
})

const { lines, sink } = keptLog()
const app = JustScale()
  .add(sink)
  .add(targets)
  .add(
    HttpFeature({
      port: 0,
      host: '127.0.0.1',
      static: { '/files': join(folder, 'public') },
      trustedProxies: ['127.0.0.0/8', '10.0.0.1'],
      compress: true,
      etag: true,
      cors: { origin: ['https://ok.example'], credentials: true },
    }),
  )
  .build()
let base = ''
let port = 0
beforeAll(async () => {
  await app.start()
  const server = await app.resolve(HttpServer)
  base = server.url
  port = server.port
})
afterAll(async () => {
  await app.stop()
  rmSync(folder, { recursive: true })
})

describe('hostile requests', () => {
  const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: a\r\n${more}\r\n`
  const post = (more: string, body: string | Uint8Array) =>
    Buffer.concat([
      Buffer.from(`POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${more}\r\n\r\n`),
      Buffer.from(body),
    ])
  const chunked = (body: string) => post('transfer-encoding: chunked', body)
  const zipped = Bun.gzipSync(Buffer.from('{}'))

  test.each<[string, string | Uint8Array, number | 'closed']>([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['a version that is none', 'GET /ok HTTP/3.0\r\nhost: a\r\n\r\n', 505],
    ['no version', 'GET /ok\r\n\r\n', 505],
    ['another protocol', new Uint8Array([0x16, 3, 1, 0, 0xa5, 1, 0, 0, 0xa1, 3, 3]), 400],
    ['huge headers', get('/ok', `x: ${'y'.repeat(100_000)}\r\n`), 431],
    ['a huge address', get(`/${'y'.repeat(100_000)}`), 431],
    ['many headers', get('/ok', Array.from({ length: 500 }, (_, n) => `x${n}: 1\r\n`).join('')), 431],
    ['a header in two lines', get('/ok', 'x: 1\r\n 2\r\n'), 400],
    ['a NUL in a header', get('/ok', 'x: a\0b\r\n'), 400],
    ['a space before the colon', get('/ok', 'x : 1\r\n'), 400],
    ['two lengths', post('content-length: 2\r\ncontent-length: 3', '{}'), 400],
    ['a negative length', post('content-length: -1', '{}'), 400],
    ['a length with a sign', post('content-length: +2', '{}'), 400],
    ['a length and chunks', post('content-length: 2\r\ntransfer-encoding: chunked', '0\r\n\r\n'), 400],
    ['an unknown transfer', post('transfer-encoding: xchunked', '2\r\n{}\r\n0\r\n\r\n'), 400],
    ['a chunk without a size', chunked('ZZ\r\n{}\r\n'), 400],
    ['a chunk of endless size', chunked('ffffffffffffffffff\r\n{}\r\n0\r\n\r\n'), 400],
    ['chunks as they should be', chunked('2;a=b\r\n{}\r\n0\r\nx: y\r\n\r\n'), 200],
    ['a compressed body', post(`content-encoding: gzip\r\ncontent-length: ${zipped.length}`, zipped), 415],
    ['half an escape', get('/ok%f'), 400],
    ['bytes that are no UTF-8', get('/ok%ff'), 400],
    ['an overlong escape', get('/ok%c0%af'), 400],
    ['a request id of theirs', get('/ok', 'x-request-id: <script>\r\n'), 200],
    ['no host', 'GET /ok HTTP/1.1\r\n\r\n', 400],
    ['an old client', 'GET /ip?a=:b/c HTTP/1.0\r\n\r\n', 200],
    ['an old client, a file', 'GET /files/page.txt HTTP/1.0\r\n\r\n', 200],
    ['a host that is none', 'GET /ok HTTP/1.1\r\nhost: a/../b?c#d\r\n\r\n', 400],
    ['another address than the host', 'GET http://evil.example/ok HTTP/1.1\r\nhost: a\r\n\r\n', 200],
    ['two slashes', get('//ok'), 404],
    ['an escaped slash', get('/%2fok'), 404],
    ['an unknown method', 'BREW /ok HTTP/1.1\r\nhost: a\r\n\r\n', 'closed'],
    ['TRACE, which would echo cookies', 'TRACE /ok HTTP/1.1\r\nhost: a\r\ncookie: a=b\r\n\r\n', 405],
    ['CONNECT, which would make it a proxy', 'CONNECT evil.example:80 HTTP/1.1\r\nhost: a\r\n\r\n', 404],
    ['all of the server', 'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n', 400],
  ])('get an answer: %s', async (_what, bytes, expected) => {
    const client = new RawClient(port).write(bytes)
    const { text, status } = await client.answer()
    client.destroy()
    expect(status === 'closed' ? status : Number(status.slice(9, 12))).toBe(expected)
    expect(text).not.toContain('secret')
    expect((await fetch(`${base}/ok`)).status).toBe(200)
  })

  test('a body that stops half-way runs no handler', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write('POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a":')
    socket.end()
    await new Promise((resolve) => socket.on('close', resolve).resume())
    expect((await fetch(`${base}/ok`)).status).toBe(200)
  })

  test('uploads are streams, with a limit', async () => {
    const upload = (megabytes: number) => {
      async function* chunks() {
        for (let n = 0; n < megabytes; n++) yield new Uint8Array(1_000_000)
      }
      return fetch(`${base}/upload`, { method: 'POST', body: chunks() as never })
    }
    expect(await (await upload(2)).json()).toBe(2_000_000)
    expect((await upload(4)).status).toBe(413)
  })

  test('prototype keys reach no prototype', async () => {
    const body =
      '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"\\u005f_proto__":{"admin":true},"a":1}'
    const response = await fetch(`${base}/echo`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(await response.json()).toEqual({ keys: ['a', 'constructor'], polluted: false })
  })

  test.each(['/refused', '/stuck', '/promise'])('%s is 500 whatever was thrown', async (path) => {
    const response = await fetch(base + path, { method: path === '/refused' ? 'POST' : 'GET' })
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('secret')
  })

  test('an answer comes after the commit', async () => {
    const response = await fetch(`${base}/late`)
    expect([...order, await response.json()]).toEqual(['committed', 'late'])
  })
})

describe('what is common to all answers', () => {
  test('the address of the client is what trusted proxies say, from the right', async () => {
    const headers = { 'x-forwarded-for': '6.6.6.6, 203.0.113.7, 10.0.0.1' }
    expect(await (await fetch(`${base}/ip`, { headers })).json()).toBe('203.0.113.7')
  })

  test('static files have tags, and folders their index', async () => {
    const first = await fetch(`${base}/files/page.txt`)
    expect(await first.text()).toBe('page')
    const again = await fetch(`${base}/files/page.txt`, {
      headers: { 'if-none-match': first.headers.get('etag') ?? '' },
    })
    expect(again.status).toBe(304)
    expect(await (await fetch(`${base}/files/sub/`)).text()).toBe('<p>')
  })

  test('answers have tags', async () => {
    const tag = (await fetch(`${base}/ok`)).headers.get('etag') ?? ''
    expect((await fetch(`${base}/ok`, { headers: { 'if-none-match': tag } })).status).toBe(304)
  })

  test('the declared origins may read, others not', async () => {
    const preflight = (origin: string) =>
      fetch(`${base}/echo`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
    const allowed = await preflight('https://ok.example')
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://ok.example')
    expect(allowed.headers.get('access-control-allow-headers')).toContain('Authorization')
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
  })

  test('every request is in the log and in the metrics, by route', async () => {
    await fetch(`${base}/ok`)
    expect(lines.some((line) => line.rawMessage === 'GET /ok' && line.properties['status'] === 200)).toBeTrue()
    expect(await (await fetch(`${base}/metrics`)).text()).toContain(
      'http_request_duration_seconds_count{method="GET",route="/ok",status="200"}',
    )
  })
})
