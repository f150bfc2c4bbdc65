import { describe, expect, test } from 'bun:test'
import { createContribution, createController, FetchHandlers, JustScale } from '@justscale/core'
import { Get, HttpBindError, HttpFeature, HttpServer, Post, SSE, Ws } from '../index.ts'
import { z } from 'zod'
import { keptLog } from './quiet.ts'

async function serving(options: Parameters<typeof HttpFeature>[0] = {}) {
  const entered = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const controller = createController({
    routes: () => ({
      slow: Get('/slow').handle(async () => {
        entered.resolve()
        await release.promise
        return 'done'
      }),
      quick: Post('/quick')
        .body(z.object({ n: z.number() }))
        .handle(({ body }) => body.n),
      ticks: SSE('/ticks').handle(async function* ({ signal }) {
        yield { data: 1 }
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        yield { event: 'bye', data: 2 }
      }),
      socket: Ws('/socket').handle(async ({ messages }) => {
        for await (const _ of messages) continue
      }),
    }),
  })
  const app = JustScale()
    .add(keptLog().sink)
    .add(controller)
    .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0, ...options }))
    .build()
  await app.start()
  return { app, base: (await app.resolve(HttpServer)).url, entered: entered.promise, release: () => release.resolve() }
}

describe('shutdown', () => {
  test('finishes requests in progress and refuses new connections', async () => {
    const { app, base, entered, release } = await serving()
    const slow = fetch(`${base}/slow`)
    await entered
    const stopped = app.stop()
    release()
    const response = await slow
    expect([response.status, await response.json()]).toEqual([200, 'done'])
    await stopped
    expect(await fetch(base).catch(() => 'refused')).toBe('refused')
  })

  test('ends event streams and closes sockets with 1001', async () => {
    const { app, base } = await serving()
    const stream = await fetch(`${base}/ticks`)
    const socket = new WebSocket(`${base.replace('http', 'ws')}/socket`)
    await new Promise((resolve) => {
      socket.onopen = resolve
    })
    const closed = new Promise<number>((resolve) => {
      socket.onclose = ({ code }) => resolve(code)
    })
    const text = stream.text()
    await app.stop()
    expect(await closed).toBe(1001)
    expect(await text).toContain('data: 1')
  })

  test('waits for what a message has begun, and for what a stream has to tidy up', async () => {
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const aWhile = async () => {
      await gate.promise
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
    const controller = createController({
      routes: () => ({
        ticks: SSE('/ticks').handle(async function* ({ signal }) {
          try {
            yield { data: 1 }
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
          } finally {
            await aWhile()
            order.push('stream')
          }
        }),
        socket: Ws('/socket').handle(async ({ messages }) => {
          await messages.each(async () => {
            begun.resolve()
            await aWhile()
            order.push('message')
          })
        }),
      }),
    })
    const app = JustScale()
      .add(keptLog().sink)
      .add(controller)
      .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0 }))
      .build()
    await app.start()
    const { url } = await app.resolve(HttpServer)
    const stream = (await fetch(`${url}/ticks`)).text()
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`)
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
    socket.addEventListener('open', () => socket.send('1'))
    await begun.promise
    const stopped = app.stop().then(() => order.push('stopped'))
    await Promise.all([closed, stream])
    gate.resolve()
    await stopped
    expect(order.toSorted()).toEqual(['message', 'stopped', 'stream'])
    expect(order.at(-1)).toBe('stopped')
  })

  test('is not held up by a stream that never ends', async () => {
    const { lines, sink } = keptLog()
    const controller = createController({
      routes: () => ({
        ticks: SSE('/ticks').handle(async function* () {
          yield { data: 1 }
          await new Promise(() => {})
        }),
      }),
    })
    const app = JustScale()
      .add(sink)
      .add(controller)
      .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0, shutdownTimeout: 20 }))
      .build()
    await app.start()
    const stream = await fetch(`${(await app.resolve(HttpServer)).url}/ticks`)
    await stream.body?.getReader().read()
    await app.stop()
    expect(lines.map(({ rawMessage }) => String(rawMessage))).toContain(
      'HTTP leaves handlers of streams and sockets that go on',
    )
  })

  test('tells mounted handlers to end their streams, and waits for them', async () => {
    let end = () => {}
    const mounted = createContribution(FetchHandlers, {
      factory: () => ({
        name: 'mounted',
        matches: () => true,
        drain: () => end(),
        fetch: () => {
          const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
          const writer = writable.getWriter()
          void writer.write(new TextEncoder().encode('first '))
          end = () => void writer.write(new TextEncoder().encode('last')).then(() => writer.close())
          return new Response(readable)
        },
      }),
    })
    const app = JustScale()
      .add(keptLog().sink)
      .add(mounted)
      .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0 }))
      .build()
    await app.start()
    const response = await fetch((await app.resolve(HttpServer)).url)
    const text = response.text()
    await app.stop()
    expect(await text).toBe('first last')
  })

  test('cuts what does not finish in time', async () => {
    const { app, base, entered } = await serving({ shutdownTimeout: 20 })
    const slow = fetch(`${base}/slow`).then(
      () => 'answered',
      () => 'cut',
    )
    await entered
    await app.stop()
    expect(await slow).toBe('cut')
  })

  test('fails no request of clients that keep sending until the server is not ready', async () => {
    const { app, base } = await serving({ readinessDelay: 50 })
    const server = await app.resolve(HttpServer)
    const answered: number[] = []
    const failed: unknown[] = []
    const first = Promise.withResolvers<void>()
    const client = async () => {
      while (server.ready) {
        const request = { method: 'POST', body: '{"n":1}', headers: { 'content-type': 'application/json' } }
        const response = await fetch(`${base}/quick`, request).catch((error: unknown) => error)
        if (!(response instanceof Response)) return failed.push(response)
        answered.push(response.status)
        await response.text()
        if (answered.length > 50) first.resolve()
      }
      return answered.length
    }
    const clients = [client(), client(), client(), client()]
    await first.promise
    await app.stop()
    await Promise.all(clients)
    expect(failed).toEqual([])
    expect(new Set(answered)).toEqual(new Set([200]))
  })
})

test('a port that is taken stops the start, and says so', async () => {
  const { app, base } = await serving()
  const second = JustScale()
    .add(keptLog().sink)
    .add(HttpFeature({ port: Number(new URL(base).port), host: '127.0.0.1' }))
    .build()
  const error = (await second.start().catch((caught: unknown) => caught)) as Error
  expect(error.cause).toBeInstanceOf(HttpBindError)
  expect(error.message).toContain(new URL(base).port)
  await app.stop()
})

test.each(['abc', '70000', '-1', '3000x'])('PORT=%s is refused by name', async (port) => {
  const before = Bun.env['PORT']
  Bun.env['PORT'] = port
  const app = JustScale()
    .add(keptLog().sink)
    .add(HttpFeature({ host: '127.0.0.1' }))
    .build()
  const error = (await app.start().catch((caught: unknown) => caught)) as Error
  if (before === undefined) delete Bun.env['PORT']
  else Bun.env['PORT'] = before
  expect(error.message).toContain(`127.0.0.1: PORT is "${port}", which is no port`)
  // Nothing else is to be told: a program that ends with it prints no stack.
  expect(error.cause).not.toHaveProperty('cause')
})
