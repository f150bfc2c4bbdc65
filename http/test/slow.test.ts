import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createController, JustScale } from '@justscale/core'
import { currentCell } from '@justscale/core/cell'
import { z } from 'zod'
import { HttpFeature, HttpServer, Post } from '../index.ts'
import { keptLog } from './quiet.ts'
import { RawClient } from './raw-client.ts'

const ran: string[] = []
const clientsGone: string[] = []
const entered = Promise.withResolvers<void>()
const gone = Promise.withResolvers<void>()
const allGone = () => {
  if (clientsGone.length === 2) gone.resolve()
}
const aborted = Promise.withResolvers<unknown>()
const slow = createController({
  routes: () => ({
    json: Post('/json')
      .body(z.unknown())
      .handle(() => void ran.push('json')),
    stuck: Post('/stuck')
      .body(z.unknown())
      .handle(async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        aborted.resolve(signal.reason)
      }),
    watch: Post('/watch')
      .deadline(60_000)
      .handle(async ({ signal }) => {
        entered.resolve()
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        clientsGone.push('told')
        allGone()
      }),
    look: Post('/look')
      .deadline(60_000)
      .handle(async ({ request }) => {
        await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
        // Made only now: it must know what has happened.
        if (currentCell()?.signal?.aborted) clientsGone.push('looked')
        allGone()
      }),
    count: Post('/count')
      .body(z.instanceof(ReadableStream), { type: 'stream', limit: 100 })
      .handle(async ({ body }) => {
        let length = 0
        for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) length += chunk.length
        return length
      }),
  }),
})
const app = JustScale()
  .add(keptLog().sink)
  .add(slow)
  .add(HttpFeature({ port: 0, host: '127.0.0.1', requestTimeout: 40 }))
  .build()
let port = 0
beforeAll(async () => {
  await app.start()
  port = (await app.resolve(HttpServer)).port
})
afterAll(() => app.stop())

const head = (path: string, more: string) =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${more}\r\n\r\n`

describe('a body that does not come', () => {
  test.each([
    ['with a length', head('/json', 'content-length: 100') + '{"a":'],
    ['in chunks', head('/json', 'transfer-encoding: chunked') + '5\r\n{"a":\r\n'],
    ['at all', head('/json', 'content-length: 100')],
  ])('%s is 408, and its connection is closed', async (_what, bytes) => {
    const client = new RawClient(port).write(bytes)
    const text = await client.rest()
    expect(text).toStartWith('HTTP/1.1 408')
    expect(text.toLowerCase()).toContain('connection: close')
    expect(text).toContain('"status":408')
    expect(client.closed).toBeTrue()
    expect(ran).toEqual([])
  })

  test('is 408 without a socket too', async () => {
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{"a":')) })
    const server = await app.resolve(HttpServer)
    const response = await server.fetch('/json', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect([response.status, (await response.json()).status]).toEqual([408, 408])
  })
})

test('a handler that does not answer is 504, and is told why', async () => {
  const client = new RawClient(port).write(head('/stuck', 'content-length: 2') + '{}')
  expect((await client.answer()).status).toContain('504')
  expect(await aborted.promise).toMatchObject({ status: 504 })
  client.destroy()
})

test('a client that goes is noticed by who listens, and by who looks later', async () => {
  const clients = ['/watch', '/look'].map((path) => new RawClient(port).write(head(path, 'content-length: 0')))
  await entered.promise
  for (const client of clients) client.destroy()
  await gone.promise
  expect(clientsGone.toSorted()).toEqual(['looked', 'told'])
})

test('an upload may take longer than other requests', async () => {
  const client = new RawClient(port).write(head('/count', 'content-length: 6') + 'abc')
  // Begun after it and ended by the deadline that the upload does not have.
  const other = new RawClient(port).write(head('/json', 'content-length: 6'))
  expect((await other.answer()).status).toContain('408')
  const { text } = await client.write('def').answer('\r\n\r\n6')
  expect(text).toStartWith('HTTP/1.1 200')
  client.destroy()
})
