/** What an app answers to requests of all kinds, however it is reached: shared by the tests of every way. */
import { describe, expect, test } from 'bun:test'
import { json, type Call } from './ways.ts'

const typed = (body: string | Uint8Array<ArrayBuffer>, type: string): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': type },
})

/** `call` reaches the app of `requests-app.ts`. */
export function describeRequests(way: string, call: Call): void {
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
