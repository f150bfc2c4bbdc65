import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addressLines, freePort, justCommand } from './addresses.ts'

test('a port that is taken is passed over', async () => {
  using taken = Bun.serve({ port: 0, fetch: () => new Response('here') })
  expect(await freePort(taken.port ?? 0)).toBeGreaterThan(taken.port ?? 0)
})

test('the page of the API and the gRPC port are shown where there are any', async () => {
  using plain = Bun.serve({ port: 0, fetch: () => new Response('no', { status: 404 }) })
  using documented = Bun.serve({
    port: 0,
    routes: { '/docs': new Response('page') },
    fetch: () => new Response('', { status: 404 }),
  })
  const never = new AbortController().signal
  const nobody = await freePort(40_000)
  expect(await addressLines({ http: plain.port ?? 0, grpc: nobody }, never)).toEqual([
    `  app        http://localhost:${plain.port}`,
    '  processes  bun run just process list',
  ])
  const lines = await addressLines({ http: documented.port ?? 0, grpc: plain.port ?? 0 }, never)
  expect(lines).toContain(`  API        http://localhost:${documented.port}/docs`)
  expect(lines).toContain(`  gRPC       localhost:${plain.port}`)
})

test('just is called as the project has it', () => {
  const project = mkdtempSync(join(tmpdir(), 'justscale-addresses-'))
  expect(justCommand(project)).toBe('bunx just')
  writeFileSync(join(project, 'package.json'), '{ "scripts": { "dev": "just dev" } }')
  expect(justCommand(project)).toBe('bunx just')
  writeFileSync(join(project, 'package.json'), '{ "scripts": { "just": "bun just.ts" } }')
  expect(justCommand(project)).toBe('bun run just')
  rmSync(project, { recursive: true })
})

test('an app that ended before it answered has no addresses', async () => {
  expect(await addressLines({ http: 1, grpc: 1 }, AbortSignal.abort())).toBeUndefined()
})
