import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createController, defineModel, field, JustScale, UniqueViolationError } from '@justscale/core'
import { currentCell } from '@justscale/core/cell'
import { z } from 'zod'
import { createClient, createMiddleware, HttpError, HttpFeature, HttpServer, Ws } from '../index.ts'
import { keptLog } from './quiet.ts'

class Room extends defineModel({ name: 'Room', fields: { title: field.string() } }) {}

const asAnn = createMiddleware({
  handle:
    () =>
    ({ request }: { readonly request: Request }) => {
      const name = request.headers.get('authorization')
      if (name === null) throw new HttpError(401, 'Sign in first')
      return { name }
    },
})
let cancelled = Promise.withResolvers<string>()
let release = Promise.withResolvers<void>()

const rooms = createController('/rooms', {
  routes: () => ({
    talk: Ws('/:room/talk')
      .types({ Room })
      .use(asAnn)
      .procedures((procedure) => ({
        say: procedure
          .input(z.object({ text: z.string().min(1), times: z.number().default(1) }))
          .handle(({ room, name, input }) => `${name} in ${room.identifier}: ${input.text.repeat(input.times)}`),
        shown: procedure.returns(z.object({ a: z.number() })).handle(() => ({ a: 1, secret: 2 })),
        cell: procedure.handle(() => ({ cell: currentCell()?.name })),
        nothing: procedure.handle(() => undefined),
        refused: procedure.handle(() => {
          throw new HttpError(409, 'Too late')
        }),
        known: procedure.handle(() => {
          throw new UniqueViolationError('Room', ['title'])
        }),
        breaks: procedure.handle(() => {
          throw new TypeError('the password is hunter2')
        }),
        wrong: procedure.returns(z.object({ a: z.number() })).handle((() => ({ a: 'x' })) as never),
        count: procedure.input(z.object({ to: z.number() })).handle(async function* ({ input }) {
          for (let n = 1; n <= input.to; n++) yield { n, cell: currentCell()?.name }
        }),
        forever: procedure.handle(async function* ({ signal }) {
          try {
            yield 1
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
          } finally {
            cancelled.resolve('finally ran')
          }
        }),
        halfway: procedure.handle(async function* () {
          yield 1
          throw new HttpError(410, 'Gone meanwhile')
        }),
        slow: procedure.handle(async () => {
          await release.promise
          return 'slow'
        }),
      }))
      .handle(async ({ serve, send, name }) => {
        await send({ hello: name })
        await serve()
      }),
    plain: Ws('/plain')
      .procedures((procedure) => ({ ping: procedure.handle(() => 'pong') }))
      .handle(),
    echo: Ws('/echo')
      .message(z.object({ text: z.string() }))
      .handle(async ({ messages, send }) => {
        await messages.each(({ text }) => send({ text }))
      }),
  }),
})
const { lines, sink } = keptLog()
const app = JustScale()
  .add(sink)
  .add(rooms)
  .add(HttpFeature({ port: 0, host: '127.0.0.1' }))
  .build()

beforeAll(() => app.start())
afterAll(() => app.stop())

async function client() {
  const { url } = await app.resolve(HttpServer)
  return createClient<typeof rooms>({ baseUrl: url, headers: { authorization: 'ann' } })
}
const connect = async () => (await client()).connect('/rooms/:room/talk', { params: { room: Room.ref('r-1') } })

test('a procedure is called by name, in the context of its socket', async () => {
  const socket = await connect()
  const said: string = await socket.call.say({ text: 'ho', times: 2 })
  expect(said).toBe('ann in r-1: hoho')
  expect(await socket.call.shown()).toEqual({ a: 1 })
  expect(await socket.call.nothing()).toBeUndefined()
  expect(await socket.call.cell()).toEqual({ cell: 'call cell of /rooms/:room/talk' })
  socket.close()
  expect((await socket.closed).code).toBe(1005)
})

test('the handler sends besides', async () => {
  const socket = await connect()
  const [first] = await Array.fromAsync(take(socket.messages, 1))
  expect(first).toEqual({ hello: 'ann' })
  socket.close()
})

test('without a handler the socket answers calls, and messages still work elsewhere', async () => {
  const plain = await (await client()).connect('/rooms/plain')
  expect(await plain.call.ping()).toBe('pong')
  plain.close()
  const echo = await (await client()).connect('/rooms/echo')
  echo.send({ text: 'hi' })
  expect(await Array.fromAsync(take(echo.messages, 1))).toEqual([{ text: 'hi' }])
  echo.close()
})

describe('a failure is a problem in the reply, and the socket goes on', () => {
  test.each([
    ['refused', 409, 'Too late'],
    ['known', 409, 'It conflicts with what is stored'],
    ['breaks', 500, undefined],
    ['wrong', 500, undefined],
  ] as const)('%s', async (name, status, detail) => {
    const socket = await connect()
    const error = await Promise.resolve(socket.call[name]()).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ status, problem: { status, requestId: expect.any(String) } })
    expect((error as { problem: { detail?: string } }).problem.detail).toBe(detail)
    expect(JSON.stringify((error as { problem: object }).problem)).not.toContain('hunter2')
    expect(await socket.call.nothing()).toBeUndefined()
    socket.close()
  })

  test('what is ours is in the log', async () => {
    expect(Bun.inspect(lines)).toContain('hunter2')
  })

  test('the input says what is wrong with it', async () => {
    const socket = await connect()
    const error = await Promise.resolve(socket.call.say({ text: '' })).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ status: 422, problem: { errors: [{ in: 'input', path: 'text' }] } })
    socket.close()
  })

  test('nobody is called who is not there', async () => {
    const socket = await connect()
    const call = socket.call as unknown as Record<string, () => Promise<unknown>>
    for (const name of ['gone', 'constructor', '__proto__', 'toString']) {
      expect(await Promise.resolve(call[name]?.()).catch((caught: unknown) => caught)).toMatchObject({ status: 404 })
    }
    socket.close()
  })
})

describe('a generator answers with a stream', () => {
  test('of items, each in a cell of its own', async () => {
    const socket = await connect()
    const items = await Array.fromAsync(socket.call.count({ to: 3 }))
    expect(items.map(({ n }) => n)).toEqual([1, 2, 3])
    expect(items[0]?.cell).toBe('call count of /rooms/:room/talk')
    socket.close()
  })

  test('that ends when the client leaves it', async () => {
    cancelled = Promise.withResolvers()
    const socket = await connect()
    for await (const _ of socket.call.forever()) break
    expect(await cancelled.promise).toBe('finally ran')
    expect(await socket.call.nothing()).toBeUndefined()
    socket.close()
  })

  test('that ends when the socket closes', async () => {
    cancelled = Promise.withResolvers()
    const socket = await connect()
    const items = socket.call.forever()
    await items.next()
    socket.close()
    expect(await cancelled.promise).toBe('finally ran')
    expect(await items.next().catch((caught: unknown) => caught)).toMatchObject({ status: 0 })
  })

  test('that may fail halfway', async () => {
    const socket = await connect()
    const items = socket.call.halfway()
    expect((await items.next()).value).toBe(1)
    expect(await items.next().catch((caught: unknown) => caught)).toMatchObject({ status: 410 })
    socket.close()
  })
})

test('calls run side by side, and there is an end to how many', async () => {
  release = Promise.withResolvers()
  const socket = await connect()
  const slow = Array.from({ length: 33 }, () => Promise.resolve(socket.call.slow()))
  const last = await slow.at(-1)?.catch((caught: unknown) => caught)
  expect(last).toMatchObject({ status: 429 })
  release.resolve()
  expect(new Set(await Promise.all(slow.slice(0, -1)))).toEqual(new Set(['slow']))
  expect(await socket.call.nothing()).toBeUndefined()
  socket.close()
})

describe('raw frames', () => {
  async function raw(...frames: string[]): Promise<unknown[]> {
    const { url } = await app.resolve(HttpServer)
    const socket = new WebSocket(`${url.replace('http', 'ws')}/rooms/plain`)
    const replies: unknown[] = []
    const all = Promise.withResolvers<void>()
    socket.onmessage = ({ data }) => {
      replies.push(JSON.parse(String(data)))
      if (replies.length === frames.length) all.resolve()
    }
    await new Promise((resolve) => (socket.onopen = resolve))
    for (const frame of frames) socket.send(frame)
    await all.promise
    socket.close()
    return replies
  }

  test('that are no call are refused, and the next is answered', async () => {
    const replies = await raw('{', '{"call":"ping"}', '{"id":{},"call":"ping"}', '{"id":"a","call":"ping"}')
    expect(replies.slice(0, 3)).toEqual(
      Array(3).fill({ error: expect.objectContaining({ detail: expect.any(String) }) }),
    )
    expect(replies[3]).toEqual({ reply: 'a', value: 'pong' })
  })
})

test('who is not let in has a status of the handshake, and a client an error', async () => {
  const { url } = await app.resolve(HttpServer)
  const anonymous = createClient<typeof rooms>({ baseUrl: url })
  const error = await anonymous
    .connect('/rooms/:room/talk', { params: { room: Room.ref('r-1') } })
    .catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'HTTP_CALL', status: 0 })
})

test('the client knows names, inputs and results', () => {
  const wrong = async () => {
    const socket = await connect()
    // @ts-expect-error there is no such procedure
    await socket.call.gone()
    // @ts-expect-error the text is missing
    await socket.call.say({})
    // @ts-expect-error it takes no input
    await socket.call.nothing(1)
    // @ts-expect-error it is a text
    const said: number = await socket.call.say({ text: 'a' })
    // @ts-expect-error not what a message is
    ;(await (await client()).connect('/rooms/echo')).send({ words: 'a' })
    return said
  }
  expect(wrong).toBeFunction()
})

async function* take<Value>(values: AsyncIterable<Value>, count: number): AsyncGenerator<Value> {
  let taken = 0
  for await (const value of values) {
    yield value
    if (++taken === count) return
  }
}
