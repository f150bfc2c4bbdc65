import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createController, defineModel, defineService, field, JustScale, Logger, refOf } from '@justscale/core'
import { currentCell } from '@justscale/core/cell'
import { z } from 'zod'
import { createMiddleware, Delete, Get, HttpError, HttpFeature, HttpServer, Post } from '../index.ts'
import { keptLog } from './quiet.ts'

class Order extends defineModel({ name: 'Order', fields: { title: field.string() } }) {}
class Users extends defineService({
  inject: { log: Logger },
  factory: ({ log }) => ({
    byToken(token: string | null) {
      log.info('looked up')
      return token === 'good' ? 'ann' : undefined
    },
  }),
}) {}

const auth = createMiddleware({
  inject: { users: Users },
  handle:
    ({ users }) =>
    ({ request }: { readonly request: Request }) => {
      const user = users.byToken(request.headers.get('authorization'))
      if (user === undefined) throw new HttpError(401, 'Sign in first', { headers: { 'www-authenticate': 'Bearer' } })
      return { user }
    },
})

const { lines, sink } = keptLog()
const ran: string[] = []

const items = createController('/items', {
  routes: () => ({
    list: Get('/')
      .query(z.object({ tag: z.union([z.string(), z.array(z.string())]).optional() }))
      .handle(({ query }) => ({ tag: query.tag })),
    show: Get('/:item').handle(({ item }) => ({ item })),
    search: Get('/search').handle(() => 'found'),
    add: Post('/')
      .body(z.object({ name: z.string().min(2), count: z.number().default(1) }))
      .returns(201, z.object({ name: z.string() }))
      .handle(({ body, res }) => res.status(201).cookie('seen', 'yes').header('x-one', '1').json(body)),
    remove: Delete('/:item').handle(() => undefined),
    order: Get('/orders/:order')
      .types({ Order })
      .handle(({ order }) => ({ key: order.identifier })),
    byRef: Post('/refs')
      .body(z.object({ order: refOf(Order) }))
      .handle(({ body }) => ({ key: body.order.identifier })),
    me: Get('/me')
      .use(auth)
      .guard(({ user }) => user === 'ann')
      .handle(({ user }) => ({ user })),
    denied: Get('/denied')
      .guard(() => false)
      .use(() => {
        ran.push('after denial')
      })
      .handle(() => {
        ran.push('handler')
      }),
    either: Get('/either')
      .guard(
        () => false,
        () => true,
      )
      .handle(() => 'in'),
    answered: Get('/answered')
      .use(() => new Response('early', { status: 418 }))
      .handle(() => {
        ran.push('handler')
      }),
    broken: Get('/broken').handle(() => {
      throw new Error('the password is hunter2')
    }),
    contract: Get('/contract')
      .returns(200, z.object({ a: z.number() }))
      .handle((() => ({ a: 'x' })) as never),
    hidden: Get('/hidden')
      .returns(200, z.object({ a: z.number() }))
      .handle(() => ({ a: 1, secret: 2 })),
    cell: Get('/cell').handle(() => ({ cell: currentCell()?.name })),
    go: Post('/go').handle(({ res }) => res.redirect('/items')),
    slow: Get('/slow')
      .deadline(20)
      .handle(async ({ signal }) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        ran.push('aborted')
      }),
    page: Get('/page').handle(({ res }) => res.html('<p>')),
    problem: Get('/problem').handle(({ res }) => res.error('Too late', 409)),
    rest: Get('/files/*').handle(({ rest }) => ({ rest })),
    form: Post('/form')
      .body(z.object({ a: z.string(), b: z.array(z.string()) }), { type: 'form' })
      .handle(({ body }) => body),
    bytes: Post('/bytes')
      .body(z.instanceof(Uint8Array), { type: 'bytes', limit: 10 })
      .handle(({ body }) => body.length),
    inject: Get('/inject').handle(({ res }) => res.header('x-bad', 'a\r\nx-evil: 1').end()),
  }),
})

const app = JustScale()
  .add(sink)
  .add(Users)
  .add(items)
  .add(HttpFeature({ port: 0, host: '127.0.0.1' }))
  .build()

beforeAll(() => app.start())
afterAll(() => app.stop())

for (const way of ['a socket', 'no socket'] as const) {
  const call = async (path: string, init?: RequestInit): Promise<Response> => {
    const server = await app.resolve(HttpServer)
    return way === 'a socket' ? fetch(server.url + path, { redirect: 'manual', ...init }) : server.fetch(path, init)
  }
  const json = (body: unknown): RequestInit => ({
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
  const typed = (body: string | Uint8Array<ArrayBuffer>, type: string): RequestInit => ({
    method: 'POST',
    body,
    headers: { 'content-type': type },
  })

  describe(`requests over ${way}`, () => {
    const cases: [string, RequestInit | undefined, number][] = [
      ['/items', undefined, 200],
      ['/items/', undefined, 200],
      ['/items/3', { method: 'DELETE' }, 204],
      ['/items/3', { method: 'HEAD' }, 200],
      ['/nothing', undefined, 404],
      ['/items', { method: 'DELETE' }, 405],
      ['/items', json({ name: 'ab' }), 201],
      ['/items', json({ name: 'a' }), 422],
      ['/items', { method: 'POST' }, 422],
      ['/items', typed('{"name":', 'application/json'), 400],
      ['/items', typed(new Uint8Array([34, 255, 34]), 'application/json'), 400],
      ['/items', typed('name=ab', 'application/x-www-form-urlencoded'), 415],
      ['/items', json({ name: 'x'.repeat(1024 * 1024) }), 413],
      ['/items/bytes', typed('12345678901', 'application/octet-stream'), 413],
      ['/items/bytes', typed('1234567890', 'application/octet-stream'), 200],
      ['/items/refs', json({ order: 'a b' }), 422],
      ['/items/refs', json({ order: 'o-1' }), 200],
      ['/items/orders/o-1', undefined, 200],
      ['/items/orders/a%20b', undefined, 422],
      ['/items/orders/%00', undefined, 422],
      ['/items/orders/%ff', undefined, 400],
      ['/items/me', undefined, 401],
      ['/items/me', { headers: { authorization: 'good' } }, 200],
      ['/items/denied', undefined, 403],
      ['/items/either', undefined, 200],
      ['/items/answered', undefined, 418],
      ['/items/broken', undefined, 500],
      ['/items/contract', undefined, 500],
      ['/items/inject', undefined, 500],
      ['/items/go', { method: 'POST' }, 303],
      ['/items/slow', undefined, 504],
      ['/items/problem', undefined, 409],
      ['/healthz', undefined, 200],
      ['/readyz', undefined, 200],
      ['/metrics', undefined, 200],
    ]
    test.each(cases.map((row, index) => [index, ...row] as const))(
      'case %i: %s',
      async (_index, path, init, status) => {
        const response = await call(path, init)
        const text = await response.text()
        expect([response.status, text]).toEqual([status, text])
        expect(response.headers.get('x-request-id')).toMatch(/.{36}/)
        if (status >= 400 && status !== 418) {
          expect(response.headers.get('content-type')).toBe('application/problem+json')
          expect(JSON.parse(text)).toMatchObject({ status, requestId: response.headers.get('x-request-id') })
        }
      },
    )

    test('prefers literal segments and gives parameters and the rest', async () => {
      expect(await (await call('/items/search')).json()).toBe('found')
      expect(await (await call('/items/a%20b')).json()).toEqual({ item: 'a b' })
      expect(await (await call('/items/files/a/b%2Fc')).json()).toEqual({ rest: 'a/b/c' })
    })

    test('says which methods are possible', async () => {
      expect((await call('/items', { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD, POST')
    })

    test('gives repeated query keys as a list', async () => {
      expect(await (await call('/items?tag=a&tag=b')).json()).toEqual({ tag: ['a', 'b'] })
    })

    test('sends headers and cookies, and only what is declared', async () => {
      const response = await call('/items', json({ name: 'ab', secret: 1 }))
      expect(await response.json()).toEqual({ name: 'ab' })
      expect(response.headers.get('x-one')).toBe('1')
      expect(response.headers.getSetCookie()[0]).toContain('seen=yes')
      expect(response.headers.getSetCookie()[0]).toContain('HttpOnly')
      expect(await (await call('/items/hidden')).json()).toEqual({ a: 1 })
    })

    test('names what is wrong and where', async () => {
      const problem = await (await call('/items', json({ name: 'a' }))).json()
      expect(problem.errors).toEqual([{ in: 'body', path: 'name', message: expect.any(String) }])
    })

    test('tells clients nothing of unexpected errors, and the log all', async () => {
      const response = await call('/items/broken')
      const text = await response.text()
      expect(text).not.toContain('hunter2')
      const requestId = response.headers.get('x-request-id')
      const logged = lines.find((line) => line.level === 'error' && line.properties['requestId'] === requestId)
      expect(JSON.stringify(logged)).toContain('hunter2')
    })

    test('names the request in every line that its code logs', async () => {
      await call('/items/me', { headers: { authorization: 'good', 'x-request-id': `who-${way.length}` } })
      const looked = lines.filter((line) => line.message[0] === 'looked up')
      expect(looked.some((line) => line.properties['requestId'] === `who-${way.length}`)).toBe(true)
      expect(looked.every((line) => typeof line.properties['requestId'] === 'string')).toBe(true)
    })

    test('stops the chain at a denial and at an answer', () => {
      expect(ran).not.toContain('after denial')
      expect(ran).not.toContain('handler')
      expect(ran).toContain('aborted')
    })

    test('runs in a cell of its own', async () => {
      expect(await (await call('/items/cell')).json()).toEqual({ cell: 'GET /items/cell' })
    })

    test('reads forms, url-encoded and multipart', async () => {
      expect(
        await (await call('/items/form', typed('a=1&b=2&b=3', 'application/x-www-form-urlencoded'))).json(),
      ).toEqual({ a: '1', b: ['2', '3'] })
      const form = new FormData()
      for (const [key, value] of [
        ['a', '1'],
        ['b', '2'],
        ['b', '3'],
      ] as const)
        form.append(key, value)
      expect(await (await call('/items/form', { method: 'POST', body: form })).json()).toEqual({
        a: '1',
        b: ['2', '3'],
      })
    })

    test('has security headers, and no CORS', async () => {
      const { headers } = await call('/items', { headers: { origin: 'https://evil.example' } })
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('access-control-allow-origin')).toBeNull()
    })

    test('drops prototype keys', async () => {
      const response = await call('/items', typed('{"name":"ab","__proto__":{"name":"zz"}}', 'application/json'))
      expect(await response.json()).toEqual({ name: 'ab' })
    })
  })
}
