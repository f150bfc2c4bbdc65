/** Sub-apps under paths, and one controller for several transports. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createController, currentApp, defineService, JustScale } from '@justscale/core'
import { Cli, runCommandLine } from '@justscale/core/cli'
import { z } from 'zod'
import {
  createClient,
  createMiddleware,
  Get,
  HttpError,
  HttpFeature,
  httpPrefixed,
  HttpServer,
  Post,
  RouteConflictError,
  SSE,
  Ws,
} from '../index.ts'
import { keptLog } from './quiet.ts'

class Clock extends defineService({ factory: () => ({ app: () => currentApp()?.name }) }) {}
class Visits extends defineService({
  factory: () => {
    let count = 0
    return { next: () => ++count }
  },
}) {}
class Keys extends defineService({ factory: () => ({ opens: (key: string | null) => key === 'open' }) }) {}

const withKey = createMiddleware({
  inject: { keys: Keys },
  handle:
    ({ keys }) =>
    ({ request }: { readonly request: Request }) => {
      if (!keys.opens(request.headers.get('x-key'))) throw new HttpError(401, 'No key')
      return { key: true }
    },
})

const desk = createController('/desk', {
  inject: { visits: Visits, clock: Clock },
  routes: ({ visits, clock }) => ({
    visit: Get('/').handle(() => ({ visit: visits.next(), app: currentApp()?.name, clock: clock.app() })),
    locked: Post('/locked')
      .use(withKey)
      .handle(({ key }) => ({ key })),
    who: Get('/who').handle(({ params }) => ({ ...params })),
    ticks: SSE('/ticks').handle(async function* () {
      yield { data: currentApp()?.name }
    }),
    room: Ws('/room')
      .message(z.object({ text: z.string() }))
      .handle(async ({ messages, send }) => {
        await messages.each(({ text }) => send({ text, app: currentApp()?.name }))
      }),
    count: Cli('desk count')
      .input(z.object({ by: z.number().default(1) }))
      .handle(({ args }) => ({
        visit: Array.from({ length: args.by }, () => visits.next()).at(-1),
        app: currentApp()?.name,
      })),
  }),
})

const branch = (name: string) => JustScale().named(name).requires(Clock).add(Visits).add(Keys).add(desk).build()
const inner = () =>
  JustScale()
    .named('outer')
    .requires(Clock)
    .add(httpPrefixed('/inner', branch('nested')))
    .build()

const build = () =>
  JustScale()
    .named('root')
    .add(keptLog().sink)
    .add(Clock)
    .add(httpPrefixed('/north', branch('north')))
    .add(httpPrefixed('/south', branch('south')))
    .add(httpPrefixed('/v1', httpPrefixed('/deep', branch('deep'))))
    .add(httpPrefixed('/outer', inner()))
    .add(httpPrefixed('/tenants/:tenant', branch('tenant')))
    .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0 }))
    .build()
const app = build()
let base = ''

beforeAll(async () => {
  await app.start()
  base = (await app.resolve(HttpServer)).url
})
afterAll(() => app.stop())

const json = async (path: string, init?: RequestInit) => (await fetch(base + path, init)).json()

describe('a sub-app under a path', () => {
  test('runs in its own scope, with what it requires from above', async () => {
    expect(await json('/north/desk')).toEqual({ visit: 1, app: 'north', clock: 'root' })
    expect(await json('/north/desk')).toMatchObject({ visit: 2 })
    expect(await json('/south/desk')).toEqual({ visit: 1, app: 'south', clock: 'root' })
  })

  test('nests: in itself, and by its wrappers', async () => {
    expect(await json('/v1/deep/desk')).toMatchObject({ app: 'deep' })
    expect(await json('/outer/inner/desk')).toMatchObject({ app: 'nested' })
    for (const path of ['/desk', '/deep/desk', '/inner/desk', '/v1/desk'])
      expect((await fetch(base + path)).status).toBe(404)
  })

  test('may have parameters in its path', async () => {
    expect(await json('/tenants/acme/desk/who')).toEqual({ tenant: 'acme' })
  })

  test('has its own middleware, statuses and methods', async () => {
    expect((await fetch(`${base}/north/desk/locked`, { method: 'POST' })).status).toBe(401)
    expect(await json('/north/desk/locked', { method: 'POST', headers: { 'x-key': 'open' } })).toEqual({ key: true })
    const wrong = await fetch(`${base}/north/desk/locked`)
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('streams, and the typed client takes the path as its base', async () => {
    const client = createClient<typeof desk>({ baseUrl: `${base}/v1/deep` })
    expect(await client.get('/desk')).toMatchObject({ app: 'deep' })
    expect(await Array.fromAsync(client.events('/desk/ticks'))).toEqual([{ data: 'deep' }])
    const socket = await client.connect('/desk/room')
    socket.send({ text: 'hi' })
    const received = await socket.messages[Symbol.asyncIterator]().next()
    expect(received.value).toEqual({ text: 'hi', app: 'deep' })
    socket.close()
  })

  test('cannot take a path that another has', async () => {
    const clashing = JustScale()
      .add(keptLog().sink)
      .add(createController('/north/desk', { routes: () => ({ list: Get('/').handle(() => 1) }) }))
      .add(Clock)
      .add(httpPrefixed('/north', branch('north')))
      .add(HttpFeature({ port: 0 }))
      .build()
    const error = await clashing.start().catch((caught: unknown) => caught)
    expect((error as Error).cause).toBeInstanceOf(RouteConflictError)
  })

  test('needs what it requires from the app it is added to', () => {
    const prefixed = httpPrefixed('/north', branch('north'))
    // @ts-expect-error the clock is not provided
    const wrong = () => JustScale().add(prefixed).build()
    expect(wrong).toThrow('Clock')
  })
})

test('one controller answers requests, streams, sockets and the command line with the same services', async () => {
  const single = JustScale()
    .named('single')
    .add(keptLog().sink)
    .add(Clock)
    .add(Visits)
    .add(Keys)
    .add(desk)
    .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0 }))
    .build()
  const lines: string[] = []
  const output = { out: (text: string) => void lines.push(text), error: (text: string) => void lines.push(text) }
  expect(await runCommandLine(single, ['desk', 'count', '--by', '3', '--json'], { program: 'app', output })).toBe(0)
  expect(JSON.parse(lines.join(''))).toEqual({ visit: 3, app: 'single' })
  const server = await single.resolve(HttpServer)
  expect(await (await server.fetch('/desk')).json()).toMatchObject({ visit: 4, app: 'single' })
  expect((await server.fetch('/desk/count')).status).toBe(404)
})
