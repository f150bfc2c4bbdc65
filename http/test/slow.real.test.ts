/** What takes longer than the runtime's patience, which counts in steps of 4 seconds: nothing that moves is cut. Takes seconds. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createController, JustScale } from '@justscale/core'
import { z } from 'zod'
import { Get, HttpFeature, HttpServer, Post, SSE } from '../index.ts'
import { keptLog } from './quiet.ts'
import { RawClient } from './raw-client.ts'

const SIZE = 24_000_000
/** Longer than the connection of a plain request lives under an `idleTimeout` of 1. */
const LONG = 9_000

const slow = createController({
  routes: () => ({
    upload: Post('/upload')
      .body(z.instanceof(ReadableStream), { type: 'stream' })
      .handle(async ({ body }) => (await new Response(body as ReadableStream).bytes()).length),
    wait: Get('/wait')
      .deadline(60_000)
      .handle(() => Bun.sleep(LONG).then(() => 'waited')),
    text: Get('/text').handle(({ res }) => res.text('x'.repeat(SIZE))),
    events: SSE('/events').handle(async function* () {
      yield { data: 'before' }
      await Bun.sleep(LONG)
      yield { data: 'after' }
    }),
    stream: Get('/stream').handle(({ res }) =>
      res.stream(
        (async function* () {
          yield 'before '
          await Bun.sleep(LONG)
          yield 'after'
        })(),
      ),
    ),
    quick: Get('/quick').handle(() => 'quick'),
  }),
})
const app = JustScale()
  .add(keptLog().sink)
  .add(slow)
  .add(HttpFeature({ port: 0, host: '127.0.0.1', idleTimeout: 1, heartbeat: 60_000 }))
  .build()
let port = 0
let url = ''
beforeAll(async () => {
  await app.start()
  const server = await app.resolve(HttpServer)
  port = server.port
  url = server.url
})
afterAll(() => app.stop())

async function upload(): Promise<string> {
  const client = new RawClient(port).write('POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 90\r\n\r\n')
  for (let n = 0; n < 90; n++) {
    client.write('x')
    await Bun.sleep(LONG / 90)
  }
  const { text } = await client.answer('\r\n\r\n90')
  client.destroy()
  return text.slice(0, 12)
}

/** Takes most of it when the time is over. */
async function download(path: string): Promise<number> {
  const client = new RawClient(port).write(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
  const { text: head } = await client.answer()
  client.pause()
  await Bun.sleep(LONG)
  const body = head.slice(head.indexOf('\r\n\r\n') + 4) + (await client.rest())
  return body.length
}

test('slow uploads, slow downloads, long handlers and quiet streams are not cut', async () => {
  const idle = new RawClient(port).write('GET /quick HTTP/1.1\r\nhost: a\r\n\r\n')
  expect((await idle.answer()).status).toContain('200')
  const results = await Promise.all([
    upload(),
    fetch(`${url}/wait`, { keepalive: false }).then((response) => response.json()),
    download('/text'),
    fetch(`${url}/events`).then((response) => response.text()),
    fetch(`${url}/stream`).then((response) => response.text()),
  ])
  expect(results).toEqual(['HTTP/1.1 200', 'waited', SIZE, ': open\n\ndata: before\n\ndata: after\n\n', 'before after'])
  // The patience was over for whoever had nothing to say.
  expect(idle.closed).toBeTrue()
}, 60_000)

test('headers that come byte by byte are not waited for', async () => {
  const client = new RawClient(port).write('GET /quick HTTP/1.1\r\nhost: a\r\nx-slow: ')
  const dribble = setInterval(() => client.write('x'), 250)
  const text = await client.rest()
  clearInterval(dribble)
  expect(text).not.toContain('200 OK')
  expect((await fetch(`${url}/quick`)).status).toBe(200)
}, 60_000)
