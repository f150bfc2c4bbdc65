/** A stream, a socket and the end by SIGTERM, of an app that is one executable. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve, servingApp, type ServingProcess } from './serving-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'executable-'))
let server: ServingProcess
beforeAll(async () => {
  const outfile = join(folder, 'app')
  const built = await Bun.build({ entrypoints: [servingApp], compile: { outfile }, minify: true })
  expect(built.success).toBeTrue()
  server = await serve([outfile])
}, 60_000)
afterAll(async () => {
  server.child.kill('SIGKILL')
  await server.child.exited
  rmSync(folder, { recursive: true })
})

test('streams, sockets, and an end in order', async () => {
  const stream = await fetch(`${server.url}/ticks`)
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket`)
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)))
  const answer = new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data)))
  socket.addEventListener('open', () => socket.send('"hello"'))
  expect(await answer).toBe('hello')
  server.child.kill('SIGTERM')
  expect(await stream.text()).toContain('data: first')
  expect([await closed, await server.child.exited]).toEqual([1001, 0])
}, 30_000)
