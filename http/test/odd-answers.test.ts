/** Answers that cannot be sent, and names that the framework uses itself: each request gets its answer, and is over after it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createController, JustScale } from '@justscale/core'
import { z } from 'zod'
import { Get, HttpError, HttpFeature, Post } from '../index.ts'
import { keptLog } from './quiet.ts'
import { caller, json, ways } from './ways.ts'

const shared = new Response('once')
const odd = createController({
  routes: () => ({
    noStatus: Get('/no-status').handle(() => {
      throw new HttpError(99, 'secret')
    }),
    success: Get('/success').handle(() => {
      throw new HttpError(200, 'secret')
    }),
    brokenHeader: Get('/broken-header').handle(() => {
      throw new HttpError(429, 'secret', { headers: { 'x-a': 'a\nb' } })
    }),
    shared: Get('/shared').handle(() => shared),
    failed: Get('/failed').handle(() => Response.error()),
    away: Get('/away')
      .query(z.object({ to: z.string() }))
      .handle(({ query, res }) => res.redirect(query.to)),
    set: Get('/sets/:set')
      .types({ set: z.coerce.number() })
      .handle(({ set }) => set),
    add: Post('/adds/:add')
      .use(() => ({ readBody: 1, received: 2, set: 3 }))
      .body(z.object({ n: z.number() }))
      .handle(({ add, readBody, received, set, body }) => [add, readBody, received, set, body.n]),
    cookies: Get('/cookies').handle(({ cookies }) => Object.keys(cookies)),
    list: Get('/list')
      .query(z.object({ tags: z.array(z.enum(['a', 'b'])).optional(), page: z.coerce.number().optional() }))
      .handle(({ query }) => query),
    form: Post('/form')
      .body(z.object({ tags: z.array(z.string()), name: z.string() }), { type: 'form' })
      .handle(({ body }) => body),
  }),
})

const { lines, sink } = keptLog()
const app = JustScale()
  .add(sink)
  .add(odd)
  .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0 }))
  .build()
beforeAll(() => app.start())
afterAll(() => app.stop())

describe.each(ways)('over %s', (way) => {
  const call = caller(app, way)

  test.each(['/no-status', '/success', '/broken-header', '/failed'])(
    'GET %s is 500, logged, and over',
    async (path) => {
      lines.length = 0
      const answer = await call(path)
      expect(answer.status).toBe(500)
      expect(answer.headers.get('x-request-id')).toBeString()
      expect(await answer.text()).not.toContain('secret')
      expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1)
      expect(await (await call('/metrics')).text()).toContain('http_requests_in_flight 1\n')
    },
  )

  test('a response that has been sent before is a failure that says so', async () => {
    await (await call('/shared')).text()
    lines.length = 0
    expect((await call('/shared')).status).toBe(500)
    expect(Bun.inspect(lines)).toContain('a response is for one request')
  })

  test.each([
    ['/\u65e5\u672c?a=1', '/%E6%97%A5%E6%9C%AC?a=1'],
    ['/a\r\nx: y', '/a%0D%0Ax:%20y'],
    ['/a%20b', '/a%20b'],
  ])('redirects to %s', async (to, location) => {
    const answer = await call(`/away?to=${encodeURIComponent(to)}`)
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toBe(location)
    expect(answer.headers.get('x')).toBeNull()
  })

  test('parameters and middleware may use every name', async () => {
    expect(await (await call('/sets/5')).json()).toBe(5)
    expect(await (await call('/adds/x', json({ n: 4 }))).json()).toEqual(['x', 1, 2, 3, 4])
  })

  test('no cookie is a prototype', async () => {
    const answer = await call('/cookies', { headers: { cookie: '__proto__=1; a=2' } })
    expect(await answer.json()).toEqual(['a'])
  })

  test.each([
    ['tags=a', { tags: ['a'] }],
    ['tags=a&tags=b', { tags: ['a', 'b'] }],
    ['tags=a&page=2', { tags: ['a'], page: 2 }],
    ['', {}],
  ])('a list in ?%s', async (query, expected) => {
    expect(await (await call(`/list?${query}`)).json()).toEqual(expected)
  })

  test.each([
    ['tags=c', ['tags.0']],
    ['tags=a&page=x', ['page']],
    ['tags=c&page=x', ['page', 'tags.0']],
  ])('what is wrong in ?%s', async (query, paths) => {
    const answer = await call(`/list?${query}`)
    expect(answer.status).toBe(422)
    const { errors } = (await answer.json()) as { errors: { path: string; message: string }[] }
    expect(errors.map(({ path }) => path)).toEqual(paths)
    for (const { path, message } of errors) if (path === 'page') expect(message).toContain('number')
  })

  test('a list in a form', async () => {
    const answer = await call('/form', { method: 'POST', body: new URLSearchParams({ tags: 'a', name: 'n' }) })
    expect(await answer.json()).toEqual({ tags: ['a'], name: 'n' })
  })
})
