/** What the options of the server add to all answers, or take away: CORS, compression, tags, pages, log lines, host. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createContribution, createController, FetchHandlers, JustScale, MetricsSource } from '@justscale/core'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { createClient, Get, HttpFeature, type HttpOptions, HttpServer, Post, SSE, Ws } from '../index.ts'
import { keptLog } from './quiet.ts'
import { caller, json, ways } from './ways.ts'

const end = Promise.withResolvers<void>()
const things = createController({
  routes: () => ({
    small: Get('/small').handle(() => ({ a: 1 })),
    large: Get('/large').handle(() => ({ text: 'a'.repeat(5000) })),
    page: Get('/page').handle(({ res }) => res.html('<p>'.repeat(1000))),
    image: Get('/image').handle(({ res }) => res.stream(new Uint8Array(5000), 'image/png')),
    tagged: Get('/tagged').handle(({ res }) => res.header('etag', '"own"').json({ a: 1 })),
    stream: Get('/stream').handle(({ res }) =>
      res.stream(
        (async function* () {
          yield 'first'
          await end.promise
        })(),
        'text/plain',
      ),
    ),
    events: SSE('/events').handle(async function* () {
      yield { data: 'first' }
      await end.promise
    }),
    socket: Ws('/socket').handle(async ({ messages, send }) => {
      await messages.each((message) => send(message))
    }),
    add: Post('/small')
      .body(z.unknown())
      .handle(() => ({ a: 1 })),
    fails: Get('/fails').handle(() => {
      throw new Error('secret')
    }),
  }),
})

async function started(options: HttpOptions) {
  const { lines, sink } = keptLog()
  const other = createContribution(FetchHandlers, {
    factory: () => ({
      name: 'other',
      matches: (request: Request) => new URL(request.url).pathname === '/other',
      fetch: () => Response.json({ from: 'other' }),
    }),
  })
  const figures = createContribution(MetricsSource, {
    factory: () => ({ name: 'own', text: () => '# TYPE own_things counter\nown_things 3' }),
  })
  const broken = createContribution(MetricsSource, {
    factory: () => ({ name: 'broken', text: () => Promise.reject(new Error('no figures')) }),
  })
  const app = JustScale()
    .add(sink)
    .add(things)
    .add(other)
    .add(figures)
    .add(broken)
    .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0, ...options }))
    .build()
  await app.start()
  return { app, lines, server: await app.resolve(HttpServer) }
}

type Started = Awaited<ReturnType<typeof started>>
const all: Started[] = []
const start = async (options: HttpOptions) => {
  const one = await started(options)
  all.push(one)
  return one
}
afterAll(async () => {
  end.resolve()
  await Promise.all(all.map(({ app }) => app.stop()))
})

for (const way of ways) {
  describe(`over ${way}`, () => {
    let full: Started
    let plain: Started
    beforeAll(async () => {
      full = await start({ cors: { origin: ['https://ok.example'], credentials: true }, compress: true, etag: true })
      plain = await start({ secureHeaders: false, monitoring: false, accessLog: false })
    })
    const call = (path: string, init?: RequestInit) => caller(full.app, way)(path, init)
    const origin = (name: string, more: Record<string, string> = {}) => ({ origin: name, ...more })

    test.each([
      ['GET', '/small'],
      ['GET', '/nowhere'],
      ['GET', '/fails'],
      ['GET', '/other'],
      ['DELETE', '/small'],
    ])('%s %s may be read by the declared origin, and by no other', async (method, path) => {
      const allowed = await call(path, { method, headers: origin('https://ok.example') })
      expect(allowed.headers.get('access-control-allow-origin')).toBe('https://ok.example')
      expect(allowed.headers.get('access-control-allow-credentials')).toBe('true')
      expect(allowed.headers.get('access-control-expose-headers')).toBe('X-Request-Id')
      expect(allowed.headers.get('vary')).toContain('Origin')
      expect(allowed.headers.get('cross-origin-resource-policy')).toBeNull()
      expect(allowed.headers.get('x-content-type-options')).toBe('nosniff')
      const other = await call(path, { method, headers: origin('https://evil.example') })
      expect(other.headers.get('access-control-allow-origin')).toBeNull()
      expect(other.status).toBe(allowed.status)
    })

    test('a preflight is answered for every path, and runs no route', async () => {
      const headers = origin('https://ok.example', {
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      })
      for (const path of ['/small', '/nowhere', '/fails', '/other']) {
        const response = await call(path, { method: 'OPTIONS', headers })
        expect([response.status, await response.text()]).toEqual([204, ''])
        expect(response.headers.get('access-control-allow-methods')).toContain('POST')
        expect(response.headers.get('access-control-max-age')).toBe('600')
      }
    })

    const gzip = { 'accept-encoding': 'gzip' }
    test.each<[string, RequestInit, string | null]>([
      ['/large', { headers: gzip }, 'gzip'],
      ['/page', { headers: gzip }, 'gzip'],
      ['/large', { headers: { 'accept-encoding': 'br' } }, null],
      ['/large', { headers: { 'accept-encoding': 'gzip;q=0' } }, null],
      ['/small', { headers: gzip }, null],
      ['/image', { headers: gzip }, null],
      ['/large', { method: 'HEAD', headers: gzip }, null],
    ])('%s asked for with %j is compressed as %p', async (path, init, encoding) => {
      const response = await call(path, init)
      expect(response.headers.get('content-encoding')).toBe(encoding)
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (encoding === 'gzip') {
        expect(bytes.length).toBeLessThan(1000)
        expect(gunzipSync(bytes).length).toBeGreaterThan(2000)
        expect(response.headers.get('vary')).toContain('Accept-Encoding')
      }
    })

    test('an answer in memory has a tag, and is not sent to who has it', async () => {
      const first = await call('/small')
      const tag = first.headers.get('etag') ?? ''
      expect(tag).toMatch(/^"[\da-f]{40}"$/)
      await first.text()
      const table: [Record<string, string>, string, number][] = [
        [{ 'if-none-match': tag }, '/small', 304],
        [{ 'if-none-match': `"other", W/${tag}` }, '/small', 304],
        [{ 'if-none-match': '*' }, '/small', 304],
        [{ 'if-none-match': '"other"' }, '/small', 200],
        [{ 'if-none-match': '"own"' }, '/tagged', 304],
        [{ 'if-none-match': '*' }, '/fails', 500],
      ]
      for (const [headers, path, status] of table) {
        const response = await call(path, { headers })
        expect([path, headers, response.status]).toEqual([path, headers, status])
        if (status === 304) expect(await response.text()).toBe('')
      }
      const posted = await call('/small', {
        ...json({}),
        headers: { 'content-type': 'application/json', 'if-none-match': '*' },
      })
      expect([posted.status, posted.headers.get('etag')]).toEqual([200, null])
    })

    test.each(['/stream', '/events'])('%s is neither tagged nor waited for', async (path) => {
      const abort = new AbortController()
      const response = await call(path, { headers: gzip, signal: abort.signal })
      expect([response.status, response.headers.get('etag')]).toEqual([200, null])
      await response.body?.cancel()
      abort.abort()
    })

    test('without them there is nothing of it', async () => {
      const plainly = caller(plain.app, way)
      const response = await plainly('/large', { headers: { ...gzip, origin: 'https://ok.example' } })
      for (const name of ['etag', 'content-encoding', 'access-control-allow-origin', 'x-frame-options'])
        expect([name, response.headers.get(name)]).toEqual([name, null])
      expect(response.headers.get('x-request-id')).not.toBeNull()
      for (const path of ['/healthz', '/readyz', '/metrics']) expect((await plainly(path)).status).toBe(404)
      expect(plain.lines.filter(({ rawMessage }) => String(rawMessage).startsWith('GET '))).toEqual([])
    })

    test('every answer has one log line, with its status, time and request', async () => {
      const ids = await Promise.all(
        ['/small?secret=1', '/nowhere', '/fails', '/other'].map(async (path) => {
          const response = await call(path)
          await response.text()
          return response.headers.get('x-request-id')
        }),
      )
      const lines = ids.map((id) =>
        full.lines.filter(({ level, properties }) => level === 'info' && properties['requestId'] === id),
      )
      expect(lines.map((found) => found.map(({ rawMessage }) => rawMessage))).toEqual([
        ['GET /small'],
        ['GET /nowhere'],
        ['GET /fails'],
        ['GET /other'],
      ])
      expect(lines.map(([line]) => line?.properties['status'])).toEqual([200, 404, 500, 200])
      for (const [line] of lines) expect(line?.properties['milliseconds']).toBeNumber()
    })

    test('metrics are those of the server and of whoever adds some; one that fails takes only its own away', async () => {
      const response = await call('/metrics')
      const text = await response.text()
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(text).toContain('http_requests_in_flight 1\n')
      expect(text).toContain('own_things 3\n')
      for (const name of ['cpu_seconds_total', 'resident_memory_bytes', 'start_time_seconds'])
        expect(Number(new RegExp(`^process_${name} (.+)$`, 'm').exec(text)?.[1])).toBeGreaterThan(0)
      for (const line of text.trimEnd().split('\n'))
        expect(line).toMatch(/^(# TYPE \w+ (counter|gauge|histogram)|\w+(\{[^}]*\})? [-+.\de]+)$/)
      expect(text).toMatch(
        /http_request_duration_seconds_bucket\{method="GET",route="\/small",status="200",le="\+Inf"\} \d+/,
      )
      // Addresses that clients invent are one series.
      expect(text).not.toContain('nowhere')
      expect(full.lines.some(({ rawMessage }) => rawMessage === 'The metrics of broken failed')).toBeTrue()
    })
  })
}

test('a socket opens under all options, and its client is told so once', async () => {
  const { server, lines } = await start({ cors: { origin: '*' }, compress: true, etag: true })
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket`)
  const answer = new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data)))
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  socket.send('"hello"')
  expect(await answer).toBe('hello')
  socket.close()
  expect(lines.find(({ rawMessage }) => rawMessage === 'GET /socket')?.properties['status']).toBe(101)
})

test('a folder of files that is not there is told at the start, by its name', async () => {
  const { lines } = await start({ static: { '/assets': './no-such-folder', '/here': import.meta.dir } })
  const told = lines.filter(({ level }) => level === 'warning').map(({ rawMessage }) => rawMessage)
  expect(told).toEqual([`HTTP serves nothing at /assets: there is no folder ${resolve('no-such-folder')}`])
})

test('a route with a parameter does not take the pages that say whether the app is well', async () => {
  const short = createController({
    routes: () => ({ any: Get('/:slug').handle(({ slug }) => slug), ready: Get('/readyz').handle(() => 'mine') }),
  })
  const app = JustScale()
    .add(keptLog().sink)
    .add(short)
    .add(HttpFeature({ port: 0, host: '127.0.0.1' }))
    .build()
  await app.start()
  try {
    const server = await app.resolve(HttpServer)
    expect((await server.fetch('/healthz')).status).toBe(200)
    expect(await (await server.fetch('/bun')).json()).toBe('bun')
    expect(await (await server.fetch('/readyz')).json()).toBe('mine')
  } finally {
    await app.stop()
  }
})

test('readiness ends with the stop, liveness does not', async () => {
  const { app, server } = await started({ readinessDelay: 200 })
  const statuses = async () =>
    Promise.all(['/healthz', '/readyz'].map(async (path) => (await server.fetch(path)).status))
  expect(await statuses()).toEqual([200, 200])
  const stopping = app.stop()
  while (server.ready) await Promise.resolve()
  expect(await statuses()).toEqual([200, 503])
  expect((await fetch(`${server.url}/small`)).headers.get('connection')).toBe('close')
  await stopping
})

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '[::1]'],
  ['0.0.0.0', 'localhost'],
])('listens on %s and says so', async (host, shown) => {
  const { server } = await start({ host })
  expect(server.url).toBe(`http://${shown}:${server.port}`)
  expect((await fetch(`${server.url}/small`)).status).toBe(200)
})

test('the typed client of a stream that is over gets no events', async () => {
  const none = createController({
    routes: () => ({
      none: SSE('/none').handle(async function* () {
        yield* [] as { data: number }[]
      }),
    }),
  })
  const app = JustScale()
    .add(keptLog().sink)
    .add(none)
    .add(HttpFeature({ port: 0 }))
    .build()
  const server = await app.resolve(HttpServer)
  const client = createClient<typeof none>({ fetch: (request) => server.fetch(request) })
  expect(await Array.fromAsync(client.events('/none'))).toEqual([])
})
