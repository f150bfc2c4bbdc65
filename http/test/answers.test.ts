/** What goes in by header, cookie and query, and what comes out: statuses, cookies, redirects, bodies of every kind. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createController, defineModel, field, JustScale, refOf } from '@justscale/core'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { z } from 'zod'
import { Delete, Get, Head, HttpFeature, Options, Patch, Post, Put } from '../index.ts'
import { keptLog } from './quiet.ts'
import { caller, json, ways } from './ways.ts'

class Order extends defineModel({ name: 'Order', fields: { title: field.string() } }) {}

/** A schema of nobody's library, which takes its time. */
const Even: StandardSchemaV1<number, { half: number }> = {
  '~standard': {
    version: 1,
    vendor: 'own',
    validate: async (value) =>
      typeof value === 'number' && value % 2 === 0
        ? { value: { half: value / 2 } }
        : { issues: [{ message: 'must be even', path: [{ key: 'a' }, 'b'] }] },
  },
}

const ran: string[] = []
const answers = createController({
  routes: () => ({
    header: Get('/header')
      .headers(z.object({ 'x-n': z.coerce.number().int() }))
      .handle(({ headers }) => headers['x-n']),
    cookie: Get('/cookie')
      .cookies(z.object({ session: z.string().min(3) }))
      .handle(({ cookies }) => cookies.session),
    plain: Get('/plain').handle(({ cookies, query }) => ({ cookies, query })),
    byRef: Get('/by-ref')
      .query(z.object({ order: refOf(Order) }))
      .handle(({ query }) => query.order.identifier),
    even: Post('/even')
      .body(Even)
      .handle(({ body }) => body.half),
    signIn: Post('/session').handle(({ res }) =>
      res
        .cookie('session', 'a b;c', { maxAge: 60 })
        .cookie('theme', 'dark', { httpOnly: false, secure: false, sameSite: 'strict', path: '/x' })
        .end(),
    ),
    signOut: Delete('/session').handle(({ res }) => res.clearCookie('session').end()),
    badCookie: Post('/bad-cookie').handle(({ res }) => res.cookie('a\r\nset-cookie: b', 'c').end()),
    several: Post('/several')
      .body(z.object({ as: z.string() }))
      .returns(200, z.object({ ok: z.boolean() }))
      .returns(202)
      .returns(409, z.object({ why: z.string() }))
      .handle(({ body, res }): never => {
        if (body.as === 'value') return { ok: true, secret: 1 } as never
        if (body.as === 'accepted') return res.status(202).end() as never
        if (body.as === 'conflict') return res.status(409).json({ why: 'late' }) as never
        if (body.as === 'wrong') return { ok: 'yes' } as never
        if (body.as === 'undeclared') return res.status(201 as 200).json({ ok: true }) as never
        return undefined as never
      }),
    accepted: Put('/accepted')
      .returns(202)
      .handle(() => undefined),
    nothing: Patch('/nothing').handle(() => undefined),
    nil: Get('/nil').handle(() => null),
    go: Get('/go').handle(({ res }) => res.redirect('/there?a=1')),
    gone: Post('/go').handle(({ res }) => res.redirect('/there')),
    moved: Get('/moved').handle(({ res }) => res.status(308).redirect('https://other.example/')),
    split: Get('/split').handle(({ res }) => res.redirect('/a\r\nset-cookie: stolen=1')),
    probe: Head('/probe').handle(({ res }) => {
      ran.push('probe')
      return res.header('x-probe', 'yes').end()
    }),
    long: Get('/long').handle(() => ({ text: 'é'.repeat(100) })),
    opts: Options('/opts').handle(({ res }) => res.header('x-own', 'yes').end()),
    own: Get('/own').handle(({ res }) =>
      res.header('x-frame-options', 'DENY').header('content-type', 'application/vnd.own+json').json({ a: 1 }),
    ),
    foreign: Get('/foreign').handle(() => Response.redirect('/elsewhere', 307)),
    response: Get('/response').handle(
      () => new Response('made by hand', { status: 207, headers: { 'x-hand': 'yes', 'x-frame-options': 'DENY' } }),
    ),
    text: Get('/text').handle(({ res }) => res.text('é')),
    html: Get('/html').handle(({ res }) => res.status(202).html('<p>')),
    bytes: Get('/bytes').handle(({ res }) => res.stream(new Uint8Array([1, 2, 3]), 'image/x-own')),
    stream: Get('/stream').handle(({ res }) =>
      res.stream(
        (async function* () {
          yield 'one '
          yield new TextEncoder().encode('two')
        })(),
        'text/plain',
      ),
    ),
    type: Get('/echo-type').handle(({ request }) => request.headers.get('content-type')),
    anything: Post('/anything')
      .body(z.unknown())
      .handle(({ body }) => ({ body, polluted: 'admin' in {} })),
    words: Post('/words')
      .body(z.string(), { type: 'text', limit: 8 })
      .handle(({ body }) => body),
    where: Get('/where/:name').handle(({ url, params }) => ({ path: url.pathname, ...params })),
  }),
})
const { sink } = keptLog()
const app = JustScale()
  .add(sink)
  .add(answers)
  .add(HttpFeature({ port: 0, host: '127.0.0.1' }))
  .build()
beforeAll(() => app.start())
afterAll(() => app.stop())

const typed = (body: string | Uint8Array<ArrayBuffer>, type: string): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': type },
})
const withHeader = (name: string, value: string): RequestInit => ({ headers: { [name]: value } })

/** Method and path, what is sent, the status, and what the answer is: its text, or something in it. */
const table: [string, string, RequestInit | undefined, number, unknown][] = [
  ['GET', '/header', withHeader('x-n', '7'), 200, 7],
  ['GET', '/header', withHeader('x-n', 'x'), 422, { errors: [{ in: 'headers', path: 'x-n' }] }],
  ['GET', '/header', undefined, 422, { errors: [{ in: 'headers', path: 'x-n' }] }],
  ['GET', '/cookie', withHeader('cookie', 'a=1; session=abc%20d'), 200, 'abc d'],
  ['GET', '/cookie', withHeader('cookie', 'session=a'), 422, { errors: [{ in: 'cookies', path: 'session' }] }],
  ['GET', '/cookie', undefined, 422, { errors: [{ in: 'cookies', path: 'session' }] }],
  ['GET', '/plain?a=1&a=2&b=%C3%A9&c', undefined, 200, { cookies: {}, query: { a: ['1', '2'], b: 'é', c: '' } }],
  ['GET', '/plain?__proto__=x&constructor=y', undefined, 200, { cookies: {}, query: { constructor: 'y' } }],
  ['GET', '/plain?a=%ff&b=%', undefined, 200, { cookies: {}, query: { a: '\ufffd', b: '%' } }],
  ['GET', '/by-ref?order=o-1', undefined, 200, 'o-1'],
  ['GET', '/by-ref?order=a%20b', undefined, 422, { errors: [{ in: 'query', path: 'order' }] }],
  ['GET', '/by-ref', undefined, 422, { errors: [{ in: 'query', path: 'order' }] }],
  ['POST', '/even', json(4), 200, 2],
  ['POST', '/even', json(3), 422, { errors: [{ in: 'body', path: 'a.b', message: 'must be even' }] }],
  ['POST', '/several', json({ as: 'value' }), 200, { ok: true }],
  ['POST', '/several', json({ as: 'accepted' }), 202, ''],
  ['POST', '/several', json({ as: 'conflict' }), 409, { why: 'late' }],
  ['POST', '/several', json({ as: 'wrong' }), 500, { title: 'Internal Server Error' }],
  ['POST', '/several', json({ as: 'undeclared' }), 500, { title: 'Internal Server Error' }],
  ['PUT', '/accepted', undefined, 202, ''],
  ['PATCH', '/nothing', undefined, 204, ''],
  ['GET', '/nil', undefined, 200, null],
  ['GET', '/go', undefined, 302, ''],
  ['POST', '/go', undefined, 303, ''],
  ['GET', '/moved', undefined, 308, ''],
  ['GET', '/split', undefined, 302, ''],
  ['POST', '/bad-cookie', undefined, 500, { title: 'Internal Server Error' }],
  ['HEAD', '/probe', undefined, 204, ''],
  ['GET', '/probe', undefined, 405, { title: 'Method Not Allowed' }],
  ['HEAD', '/nowhere', undefined, 404, ''],
  ['OPTIONS', '/opts', undefined, 204, ''],
  ['OPTIONS', '/text', undefined, 405, { title: 'Method Not Allowed' }],
  ['GET', '/foreign', undefined, 307, ''],
  ['GET', '/response', undefined, 207, 'made by hand'],
  ['GET', '/text', undefined, 200, 'é'],
  ['GET', '/html', undefined, 202, '<p>'],
  ['GET', '/bytes', undefined, 200, '\u0001\u0002\u0003'],
  ['GET', '/stream', undefined, 200, 'one two'],
  ['POST', '/anything', typed('', 'application/json'), 200, { polluted: false }],
  [
    'POST',
    '/anything',
    typed('[1, {"a": null}]', 'application/problem+json; charset=utf-8'),
    200,
    { body: [1, { a: null }] },
  ],
  ['POST', '/anything', typed('\ufeff1', 'application/json'), 200, { body: 1 }],
  ['POST', '/anything', typed('{"a":1}}', 'application/json'), 400, { detail: 'The body is not valid JSON' }],
  ['POST', '/anything', typed("{'a':1}", 'application/json'), 400, { detail: 'The body is not valid JSON' }],
  ['POST', '/anything', typed('nul', 'application/json'), 400, { detail: 'The body is not valid JSON' }],
  [
    'POST',
    '/anything',
    typed(`${'['.repeat(200_000)}`, 'application/json'),
    400,
    { detail: 'The body is not valid JSON' },
  ],
  [
    'POST',
    '/anything',
    typed(new Uint8Array([0xc0, 0xaf]), 'application/json'),
    400,
    { detail: 'The body is not valid UTF-8' },
  ],
  [
    'POST',
    '/anything',
    typed(new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), 'application/json'),
    400,
    { status: 400 },
  ],
  ['POST', '/anything', typed('{"__proto__":{"admin":1}}', 'application/json'), 200, { body: {}, polluted: false }],
  [
    'POST',
    '/anything',
    typed('{"a":{"__\\u0070roto__":{"admin":1}}}', 'application/json'),
    200,
    { body: { a: {} }, polluted: false },
  ],
  ['POST', '/anything', typed('a=1', 'application/x-www-form-urlencoded'), 415, { title: 'Unsupported Media Type' }],
  ['POST', '/anything', typed('{}', 'text/plain'), 415, { title: 'Unsupported Media Type' }],
  ['POST', '/anything', typed('{}', 'application/jsonp'), 415, { title: 'Unsupported Media Type' }],
  ['POST', '/words', typed('12345678', 'text/plain'), 200, '12345678'],
  ['POST', '/words', typed('123456789', 'text/plain'), 413, { title: 'Payload Too Large' }],
  ['POST', '/words', typed(new Uint8Array([0xff]), 'text/plain'), 400, { detail: 'The body is not valid UTF-8' }],
  ['GET', '/where/a%2Fb%25', undefined, 200, { path: '/where/a%2Fb%25', name: 'a/b%' }],
  ['GET', '/where/%F0%9F%98%80', undefined, 200, { name: '😀' }],
  ['GET', '/where/', undefined, 404, { title: 'Not Found' }],
  ['GET', '/where/a/b', undefined, 404, { title: 'Not Found' }],
]

for (const way of ways) {
  const call = caller(app, way)
  describe(`over ${way}`, () => {
    test.each(table.map((row, index) => [index, ...row] as const))(
      'case %i: %s %s',
      async (_index, method, path, init, status, expected) => {
        const response = await call(path, { method, ...init })
        const text = await response.text()
        expect([response.status, text]).toEqual([status, text])
        if (
          typeof expected === 'string' &&
          (text === '' || response.headers.get('content-type') !== 'application/json')
        )
          expect(text).toBe(expected)
        else if (typeof expected === 'object' && expected !== null) expect(JSON.parse(text)).toMatchObject(expected)
        else expect(JSON.parse(text)).toEqual(expected)
        expect(response.headers.get('x-content-type-options')).toBe('nosniff')
        expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
        expect(response.headers.getSetCookie().join()).not.toContain('stolen')
      },
    )

    test.each<[string, string, Record<string, string | null>]>([
      ['GET', '/go', { location: '/there?a=1' }],
      ['GET', '/moved', { location: 'https://other.example/' }],
      ['GET', '/foreign', { location: '/elsewhere' }],
      ['HEAD', '/probe', { 'x-probe': 'yes' }],
      ['HEAD', '/long', { 'content-length': '211', 'content-type': 'application/json' }],
      ['OPTIONS', '/opts', { 'x-own': 'yes' }],
      ['OPTIONS', '/text', { allow: 'GET, HEAD', 'access-control-allow-origin': null }],
      [
        'GET',
        '/own',
        { 'content-type': 'application/vnd.own+json', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' },
      ],
      ['GET', '/response', { 'x-hand': 'yes', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' }],
      ['GET', '/text', { 'content-type': 'text/plain; charset=utf-8' }],
      ['GET', '/html', { 'content-type': 'text/html; charset=utf-8' }],
      ['GET', '/bytes', { 'content-type': 'image/x-own' }],
      ['GET', '/stream', { 'content-type': 'text/plain' }],
    ])('%s %s has its headers', async (method, path, headers) => {
      const response = await call(path, { method })
      const found = Object.keys(headers).map((name) => [name, response.headers.get(name)])
      expect(Object.fromEntries(found)).toEqual(headers)
      await response.body?.cancel()
    })

    test('cookies are for the server alone unless they say otherwise', async () => {
      const [session, theme] = (await call('/session', { method: 'POST' })).headers.getSetCookie()
      expect(session).toBe('session=a%20b%3Bc; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax')
      expect(theme).toBe('theme=dark; Path=/x; SameSite=Strict')
      const [cleared] = (await call('/session', { method: 'DELETE' })).headers.getSetCookie()
      expect(cleared).toStartWith('session=;')
      expect(cleared).toContain('Max-Age=0')
    })

    test.each([
      ['mine-1', true],
      ['x'.repeat(129), false],
      ['a b', false],
      ['<script>', false],
    ])('the request id %s is taken over: %p', async (id, taken) => {
      const answered = (await call('/text', withHeader('x-request-id', id))).headers.get('x-request-id')
      expect(answered === id).toBe(taken)
    })
  })
}
