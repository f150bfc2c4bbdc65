import { expect, test } from 'bun:test'
import { addressLines, freePort } from './addresses.ts'

test('a port that is taken is passed over', async () => {
  using taken = Bun.serve({ port: 0, fetch: () => new Response('here') })
  expect(await freePort(taken.port ?? 0)).toBeGreaterThan(taken.port ?? 0)
})

test('the page of the API is shown where there is one', async () => {
  using plain = Bun.serve({ port: 0, fetch: () => new Response('no', { status: 404 }) })
  using documented = Bun.serve({
    port: 0,
    routes: { '/docs': new Response('page') },
    fetch: () => new Response('', { status: 404 }),
  })
  const never = new AbortController().signal
  expect(await addressLines(plain.port ?? 0, never)).toEqual([
    `  app        http://localhost:${plain.port}`,
    '  processes  bun run just process list',
  ])
  expect(await addressLines(documented.port ?? 0, never)).toContain(
    `  API        http://localhost:${documented.port}/docs`,
  )
})

test('an app that ended before it answered has no addresses', async () => {
  expect(await addressLines(1, AbortSignal.abort())).toBeUndefined()
})
