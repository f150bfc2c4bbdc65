/** Files: of a folder, and answered by a handler. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createController, JustScale } from '@justscale/core'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Get, HttpFeature, HttpServer } from '../index.ts'
import { keptLog } from './quiet.ts'
import { RawClient } from './raw-client.ts'
import { caller, ways } from './ways.ts'

const folder = mkdtempSync(join(tmpdir(), 'files-'))
const root = join(folder, 'public')
mkdirSync(join(root, 'sub'), { recursive: true })
mkdirSync(join(root, 'bare'))
mkdirSync(join(folder, 'public-too'))
writeFileSync(join(folder, 'secret.txt'), 'secret')
writeFileSync(join(folder, 'public-too', 'secret.txt'), 'secret')
writeFileSync(join(root, 'page.txt'), '0123456789')
writeFileSync(join(root, 'é ß.txt'), 'accents')
writeFileSync(join(root, '.hidden'), 'secret')
mkdirSync(join(root, '.well-known'))
writeFileSync(join(root, '.well-known', 'known'), 'known')
writeFileSync(join(root, 'sub', 'index.html'), '<p>')
symlinkSync(join(folder, 'secret.txt'), join(root, 'out.txt'))
symlinkSync(folder, join(root, 'up'))
symlinkSync(join(root, 'page.txt'), join(root, 'in.txt'))
utimesSync(join(root, 'page.txt'), new Date('2026-01-02T03:04:05.678Z'), new Date('2026-01-02T03:04:05.678Z'))
const changed = 'Fri, 02 Jan 2026 03:04:05 GMT'

const reports = createController({
  routes: () => ({
    report: Get('/report').handle(({ res }) => res.file(join(root, 'page.txt'), 'text/x-report')),
    gone: Get('/gone').handle(({ res }) => res.file(join(root, 'gone.txt'))),
    partly: Get('/partly').handle(({ res }) => res.status(203).header('x-own', '1').file(join(root, 'page.txt'))),
    wins: Get('/files/wins').handle(() => 'a route'),
  }),
})
const app = JustScale()
  .add(keptLog().sink)
  .add(reports)
  .add(HttpFeature({ port: 0, host: '127.0.0.1', static: { '/files': root, '/assets/': root } }))
  .build()
beforeAll(() => app.start())
afterAll(async () => {
  await app.stop()
  rmSync(folder, { recursive: true })
})

for (const way of ways) {
  const call = caller(app, way)
  describe(`over ${way}`, () => {
    test.each<[string, number, string]>([
      ['/files/page.txt', 200, '0123456789'],
      ['/files/page.txt?v=1', 200, '0123456789'],
      ['/assets/page.txt', 200, '0123456789'],
      ['/files/%C3%A9%20%C3%9F.txt', 200, 'accents'],
      ['/files/in.txt', 200, '0123456789'],
      ['/files/sub/', 200, '<p>'],
      ['/files/sub', 200, '<p>'],
      ['/files/.well-known/known', 200, 'known'],
      ['/files/.hidden', 404, ''],
      ['/files/%2ehidden', 404, ''],
      ['/files/wins', 200, '"a route"'],
      ['/files/gone.txt', 404, ''],
      ['/files/bare/', 404, ''],
      ['/files', 404, ''],
      ['/files/page.txt/more', 404, ''],
      ['/files/out.txt', 404, ''],
      ['/files/up/secret.txt', 404, ''],
      ['/files/%2e%2e/secret.txt', 404, ''],
      ['/files/%2e%2e%2fsecret.txt', 404, ''],
      ['/files/..%2fsecret.txt', 404, ''],
      ['/files/..%5csecret.txt', 404, ''],
      ['/files/%252e%252e%252fsecret.txt', 404, ''],
      ['/files/..%2fpublic-too%2fsecret.txt', 404, ''],
      ['/files/sub/..%2f..%2fsecret.txt', 404, ''],
      ['/files/page.txt%00', 404, ''],
      ['/files/%2fetc%2fpasswd', 404, ''],
      ['/files/C:%5cwindows', 404, ''],
      ['/report', 200, '0123456789'],
      ['/gone', 404, ''],
      ['/partly', 203, '0123456789'],
    ])('%s is %i', async (path, status, text) => {
      const response = await call(path)
      const body = await response.text()
      expect([response.status, status === 404 ? '' : body]).toEqual([status, text])
      expect(body).not.toContain('secret')
      expect(body).not.toContain(folder)
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    })

    test.each<[string, Record<string, string>, number]>([
      ['/report', { 'if-modified-since': changed }, 304],
      ['/report', { 'if-modified-since': 'Fri, 02 Jan 2026 03:04:06 GMT' }, 304],
      ['/report', { 'if-modified-since': 'Fri, 02 Jan 2026 03:04:04 GMT' }, 200],
      ['/report', { 'if-modified-since': 'yesterday' }, 200],
      ['/report', { 'if-none-match': '"other"', 'if-modified-since': changed }, 200],
      ['/report', { 'if-none-match': '*' }, 304],
      ['/partly', { 'if-none-match': '*' }, 203],
      ['/files/page.txt', { 'if-modified-since': changed }, 304],
    ])('%s for %j is %i', async (path, headers, status) => {
      const response = await call(path, { headers })
      expect(response.status).toBe(status)
      expect(await response.text()).toBe(status === 304 ? '' : '0123456789')
    })

    test('a file says what it is', async () => {
      const report = await call('/report')
      expect(report.headers.get('content-type')).toBe('text/x-report')
      expect(report.headers.get('last-modified')).toBe(changed)
      const tag = report.headers.get('etag') ?? ''
      expect((await call('/report', { headers: { 'if-none-match': `"x", ${tag}` } })).status).toBe(304)
      const file = await call('/files/page.txt')
      expect(file.headers.get('content-type')).toStartWith('text/plain')
      expect(file.headers.get('cache-control')).toBe('public, max-age=0, must-revalidate')
    })

    test('HEAD says how long it is', async () => {
      for (const path of ['/report', '/files/page.txt']) {
        const response = await call(path, { method: 'HEAD' })
        expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
          200,
          '10',
          '',
        ])
      }
    })

    test('other methods are not for files', async () => {
      const response = await call('/files/page.txt', { method: 'PUT', body: 'x' })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    })
  })
}

describe('ranges, which are the runtime’s', () => {
  test.each<[string, Record<string, string>, number, string, string | null]>([
    ['/report', { range: 'bytes=2-4' }, 206, '234', 'bytes 2-4/10'],
    ['/report', { range: 'bytes=-3' }, 206, '789', 'bytes 7-9/10'],
    ['/report', { range: 'bytes=7-' }, 206, '789', 'bytes 7-9/10'],
    ['/report', { range: 'bytes=50-' }, 416, '', 'bytes */10'],
    ['/report', { range: 'nonsense' }, 200, '0123456789', null],
    ['/report', { range: 'bytes=2-4', 'if-range': '"other"' }, 200, '0123456789', null],
    ['/report', { range: 'bytes=2-4', 'if-range': changed }, 206, '234', 'bytes 2-4/10'],
    ['/files/page.txt', { range: 'bytes=2-4' }, 206, '234', 'bytes 2-4/10'],
  ])('%s for %j', async (path, headers, status, text, range) => {
    const response = await caller(app, 'a socket')(path, { headers })
    expect([response.status, await response.text(), response.headers.get('content-range')]).toEqual([
      status,
      text,
      range,
    ])
  })
})

test('a path that is sent as it is leads nowhere either', async () => {
  const { port } = await app.resolve(HttpServer)
  for (const path of ['/files/../secret.txt', '/files/./../../secret.txt', '/files/..\\secret.txt', '/../secret.txt']) {
    const client = new RawClient(port).write(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
    const text = await client.rest()
    expect([path, text.slice(9, 12)]).toEqual([path, '404'])
    expect(text).not.toContain('\r\n\r\nsecret')
  }
})
