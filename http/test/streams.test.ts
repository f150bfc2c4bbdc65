import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  afterCommit,
  bindInstance,
  ChannelBackend,
  createChannels,
  createController,
  defineModel,
  field,
  JustScale,
  ReferenceNotFoundError,
} from '@justscale/core'
import { currentCell, requireCell, type Cell } from '@justscale/core/cell'
import { z } from 'zod'
import { Get, HttpError, HttpFeature, HttpServer, SSE, Ws } from '../index.ts'
import { keptLog } from './quiet.ts'

/** Resolves with the first value given to `tell`. */
function told<Value>(): { readonly heard: Promise<Value>; readonly tell: (value: Value) => void } {
  const { promise, resolve } = Promise.withResolvers<Value>()
  return { heard: promise, tell: resolve }
}

const finished = told<string>()
const socketClosed = told<string>()
let produced = 0
const subscriptionOver = told<boolean>()
class NoMessages extends ChannelBackend {
  async publish() {}
  async subscribe() {
    return { close: async () => {} }
  }
}
class Feed extends createChannels<string>({ name: 'feed' }) {}
const flooded = told<boolean>()

class Task extends defineModel({ name: 'Task', fields: { title: field.string() } }) {}
const headersSeen = told<void>()
const order: string[] = []

const streams = createController({
  inject: { feed: Feed },
  routes: ({ feed }) => ({
    plain: Get('/same').handle(() => 'plain'),
    stream: SSE('/same').handle(async function* () {
      yield { data: 'stream' }
    }),
    resume: SSE('/resume').handle(async function* ({ lastEventId }) {
      for (let id = Number(lastEventId ?? 0) + 1; id <= 3; id++)
        yield { id: String(id), data: { cell: currentCell()?.name } }
    }),
    quiet: SSE('/quiet').handle(async function* ({ signal }) {
      try {
        yield { event: 'a\nb', data: 'one\ntwo' }
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      } finally {
        finished.tell('finally ran')
      }
    }),
    denied: SSE('/denied')
      .guard(() => false)
      .handle(async function* () {
        yield { data: 1 }
      }),
    throws: SSE('/throws').handle(async function* () {
      yield { data: 1 }
      throw new Error('secret')
    }),
    endless: SSE('/endless').handle(async function* () {
      for (; ; produced++) yield { data: 'x'.repeat(10_000) }
    }),
    missing: SSE('/tasks/:task')
      .types({ Task })
      .handle(async function* ({ task }) {
        if (task.identifier !== '') throw new ReferenceNotFoundError(String(task))
        yield { data: task.identifier }
      }),
    refused: SSE('/refused').handle(async function* () {
      const problem = await Promise.resolve(new HttpError(409, 'Not now', { headers: { 'retry-after': '7' } }))
      if (problem) throw problem
      yield { data: 1 }
    }),
    broken: SSE('/broken').handle(async function* ({ request }) {
      if (request.url !== '') throw new Error('secret')
      yield { data: 1 }
    }),
    nothing: SSE('/nothing').handle(async function* ({ res }) {
      res.header('x-why', 'over')
      yield* []
    }),
    locked: SSE('/locked')
      .use(async () => {
        await requireCell('test').openScope()
        afterCommit(() => order.push('steps committed'))
      })
      .handle(async function* () {
        order.push('generator begins')
        yield { data: 1 }
      }),
    late: SSE('/late/:fate').handle(async function* ({ fate }) {
      await headersSeen.heard
      if (fate === 'fails') throw new HttpError(404, 'too late for a status')
      yield { data: 'at last' }
    }),
    echo: Ws('/echo/:room')
      .message(z.object({ text: z.string() }))
      .handle(async ({ messages, send, room }) => {
        for await (const { text } of messages) {
          if (text === 'bye') return
          if (text === 'boom') throw new Error('secret')
          if (text === 'much') for (let n = 0; n < 200; n++) await send(`${n}:${'x'.repeat(50_000)}`)
          else await send({ room, text, cell: currentCell()?.name })
        }
      }),
    each: Ws('/each').handle(async ({ messages, send }) => {
      const before: (Cell | undefined)[] = [currentCell()]
      await messages.each(async (message) => {
        if (message === 'wrong') throw new Error('secret')
        const cell = currentCell()
        await send({ ended: before.map((other) => other?.closed), own: !before.includes(cell), name: cell?.name })
        before.push(cell)
      })
    }),
    waiting: SSE('/waiting').handle(async function* () {
      const subscription = feed.subscribe('news')
      try {
        await subscription.ready
        yield { event: 'ready' }
        for await (const data of subscription) yield { data }
      } finally {
        subscriptionOver.tell(feed.hasSubscribers('news'))
      }
    }),
    lazy: Ws('/lazy').handle(async ({ closed }) => {
      await new Promise((resolve) => closed.addEventListener('abort', resolve))
      flooded.tell(true)
    }),
    watch: Ws('/watch').handle(async ({ messages, closed }) => {
      for await (const _ of messages) continue
      socketClosed.tell(`ended ${closed.aborted}`)
    }),
    members: Ws('/members')
      .guard(() => false)
      .handle(async () => {}),
  }),
})

const { lines, sink } = keptLog()
const app = JustScale()
  .add(sink)
  .add(bindInstance(ChannelBackend, new NoMessages()))
  .add(Feed)
  .add(streams)
  .add(
    HttpFeature({
      port: 0,
      host: '127.0.0.1',
      heartbeat: 5,
      firstEvent: 20,
      webSocket: { maxQueue: 8, messagesPerSecond: 50 },
    }),
  )
  .build()
let base = ''
beforeAll(async () => {
  await app.start()
  base = (await app.resolve(HttpServer)).url
})
afterAll(() => app.stop())

describe('event streams', () => {
  test('share a path with a plain answer by what the client accepts', async () => {
    expect(await (await fetch(`${base}/same`)).json()).toBe('plain')
    const stream = await fetch(`${base}/same`, { headers: { accept: 'text/event-stream' } })
    expect(await stream.text()).toContain('data: stream\n\n')
  })

  test('resume after the last event that arrived, each in a cell of its own', async () => {
    const text = await (await fetch(`${base}/resume`, { headers: { 'last-event-id': '2' } })).text()
    expect(text).toBe(': open\n\nid: 3\ndata: {"cell":"GET /resume"}\n\n')
  })

  test.each([
    ['an entity that does not exist', '/tasks/0192f3a0-0000-7000-8000-000000000000', 404],
    ['what can be no reference', '/tasks/a%20b', 422],
    ['what the source refuses', '/refused', 409],
    ['a source that fails', '/broken', 500],
  ])('of %s have its status', async (_what, path, status) => {
    for (const response of [await fetch(base + path), await (await app.resolve(HttpServer)).fetch(path)]) {
      expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json'])
      expect(await response.text()).not.toContain('secret')
      expect(response.headers.get('retry-after')).toBe(status === 409 ? '7' : null)
    }
  })

  test('of a source that is over before its first event are 204: no browser comes back', async () => {
    const response = await fetch(`${base}/nothing`)
    expect([response.status, response.headers.get('x-why')]).toEqual([204, 'over'])
    expect(await (await fetch(`${base}/metrics`)).text()).toContain('http_event_streams 0')
  })

  test('begin once what the steps did is committed', async () => {
    expect(await (await fetch(`${base}/locked`)).text()).toContain('data: 1')
    expect(order).toEqual(['steps committed', 'generator begins'])
  })

  test('have their headers while the source is quiet; what fails later breaks them', async () => {
    const responses = await Promise.all([fetch(`${base}/late/comes`), fetch(`${base}/late/fails`)])
    expect(responses.map(({ status }) => status)).toEqual([200, 200])
    headersSeen.tell()
    expect(await responses[0].text()).toContain('data: at last')
    expect(await responses[1].text().catch((error: Error) => error)).toBeInstanceOf(Error)
  })

  test('have their real status when a guard denies', async () => {
    const response = await fetch(`${base}/denied`)
    expect([response.status, response.headers.get('content-type')]).toEqual([403, 'application/problem+json'])
  })

  test('send comments while quiet, one field per line, and run finally when the client goes', async () => {
    const abort = new AbortController()
    const response = await fetch(`${base}/quiet`, { signal: abort.signal })
    const text = await textUntil(response, ': ping')
    expect(text).toContain('event: a b\ndata: one\ndata: two\n\n')
    abort.abort()
    expect(await finished.heard).toBe('finally ran')
  })

  test('end what a generator waits for when the client goes, without being told to', async () => {
    const abort = new AbortController()
    const response = await fetch(`${base}/waiting`, { signal: abort.signal })
    await textUntil(response, 'event: ready')
    abort.abort()
    expect(await subscriptionOver.heard).toBeFalse()
  })

  test('break when the generator throws, and say nothing of why', async () => {
    const error = await fetch(`${base}/throws`)
      .then((response) => response.text())
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Error)
    expect(lines.some((line) => JSON.stringify(line).includes('secret'))).toBeTrue()
  })

  test('wait for a client that does not read', async () => {
    const response = await fetch(`${base}/endless`)
    const reader = response.body!.getReader()
    await reader.read()
    await reader.cancel()
    expect(produced).toBeLessThan(5000)
  })
})

describe('sockets', () => {
  const open = async (path: string, headers?: Record<string, string>) => {
    const socket = new WebSocket(base.replace('http', 'ws') + path, { headers } as never)
    const queue: string[] = []
    let wake = () => {}
    const closing = told<{ code: number; reason: string }>()
    socket.onmessage = ({ data }) => {
      queue.push(String(data))
      wake()
    }
    socket.onclose = ({ code, reason }) => closing.tell({ code, reason })
    const next = async (): Promise<string> => {
      while (queue.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      return queue.shift()!
    }
    const opened = told<void>()
    socket.onopen = () => opened.tell()
    await Promise.race([opened.heard, closing.heard])
    return { socket, next, closed: closing.heard }
  }

  test('exchange checked messages, and answer those that are not valid', async () => {
    const { socket, next } = await open('/echo/red')
    for (const message of ['{"text":"hi"}', '{"text":5}', 'nonsense', '{"text":"again"}']) socket.send(message)
    expect(JSON.parse(await next())).toEqual({ room: 'red', text: 'hi', cell: 'socket /echo/:room' })
    expect(JSON.parse(await next())).toMatchObject({ error: { errors: [{ in: 'message', path: 'text' }] } })
    expect(JSON.parse(await next())).toMatchObject({ error: { detail: 'The message is not valid JSON' } })
    expect(JSON.parse(await next())).toMatchObject({ text: 'again' })
    socket.close()
  })

  test('are handled message by message, each in a cell of its own', async () => {
    const { socket, next, closed } = await open('/each')
    for (const message of ['"a"', '"b"', '"wrong"']) socket.send(message)
    expect(JSON.parse(await next())).toEqual({ ended: [false], own: true, name: 'message of /each' })
    expect(JSON.parse(await next())).toEqual({ ended: [false, true], own: true, name: 'message of /each' })
    expect((await closed).code).toBe(1011)
  })

  test.each([
    ['bye', 1000],
    ['boom', 1011],
  ] as const)('close after %s with %i', async (text, code) => {
    const { socket, closed } = await open('/echo/red')
    socket.send(JSON.stringify({ text }))
    expect((await closed).code).toBe(code)
  })

  test('deliver more than the buffer holds, complete and in order', async () => {
    const { socket, next } = await open('/echo/red')
    socket.send('{"text":"much"}')
    for (let n = 0; n < 200; n++) expect((await next()).split(':')[0]).toBe(String(n))
    socket.close()
  })

  test('end their loop when the client goes', async () => {
    const { socket } = await open('/watch')
    socket.close()
    expect(await socketClosed.heard).toBe('ended true')
  })

  test('close a client that floods', async () => {
    const { socket, closed } = await open('/lazy')
    for (let n = 0; n < 1000; n++) socket.send('{}')
    expect((await closed).code).toBe(1008)
    expect(await flooded.heard).toBeTrue()
  })

  test('close a client whose message is too large', async () => {
    const { socket, closed } = await open('/echo/red')
    socket.send('x'.repeat(70_000))
    expect((await closed).code).not.toBe(1000)
  })

  const handshake = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  test.each<[string, string, Record<string, string>, number]>([
    ['a plain request', '/echo/red', {}, 426],
    ['a denied handshake', '/members', handshake, 403],
    ['another site', '/echo/red', { ...handshake, origin: 'https://evil.example' }, 403],
  ])('answer %s', async (_what, path, headers, status) => {
    expect((await fetch(base + path, { headers })).status).toBe(status)
  })

  test('are still served after all of that', async () => {
    expect((await fetch(`${base}/same`)).status).toBe(200)
  })
})

/** What arrived up to and with `wanted`; an answer that ends before is a failure, not something to wait for. */
async function textUntil(response: Response, wanted: string): Promise<string> {
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (!text.includes(wanted)) {
    const next = await reader.read()
    if (next.done) throw new Error(`the answer (${response.status}) ended without ${wanted}: ${text}`)
    text += decoder.decode(next.value, { stream: true })
  }
  return text
}
