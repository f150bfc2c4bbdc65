/**
 * One server of the bench: `bun server.ts bare|hono|ours|logged`. Prints its port. All answer `GET /hello`, an asynchronous
 * `GET /items/:item?count=` and a validated `POST /items`; all but the bare one with a request id, an async context, security
 * headers and validated answers.
 */
import { bindInstance, createController, JustScale, LogSink } from '@justscale/core'
import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { AsyncLocalStorage } from 'node:async_hooks'
import { z } from 'zod'
import { Get, HttpFeature, HttpServer, Post } from '../index.ts'

const Item = z.object({ name: z.string().min(2), count: z.number() })
const Query = z.object({ count: z.coerce.number() })

const servers: Readonly<Record<string, () => Promise<number>>> = {
  bare,
  hono,
  ours: () => ours(false),
  logged: () => ours(true),
}
console.log(await servers[process.argv[2] ?? 'ours']?.())

async function bare(): Promise<number> {
  const answer = async (request: Request) => {
    if (request.url.endsWith('/hello')) return Response.json({ hello: 'world' })
    if (request.method === 'GET') {
      const { pathname, searchParams } = new URL(request.url)
      const { count } = Query.parse(Object.fromEntries(searchParams))
      return Response.json(Item.parse({ name: await Promise.resolve(pathname.slice(7)), count }))
    }
    return Response.json(Item.parse(await request.json()), { status: 201 })
  }
  return Bun.serve({ port: 0, fetch: answer }).port ?? 0
}

async function hono(): Promise<number> {
  const context = new AsyncLocalStorage<object>()
  const app = new Hono()
  app.use(requestId())
  app.use(secureHeaders())
  app.use((_, next) => context.run({}, next))
  app.get('/hello', (c) => c.json({ hello: 'world' }))
  app.get('/items/:item', async (c) => {
    const { count } = Query.parse(c.req.query())
    return c.json(Item.parse({ name: await Promise.resolve(c.req.param('item')), count }))
  })
  app.post('/items', async (c) => c.json(Item.parse(Item.parse(await c.req.json())), 201))
  return Bun.serve({ port: 0, fetch: app.fetch }).port ?? 0
}

/** `logged`: with a log line per request, written to a sink that keeps nothing. */
async function ours(logged: boolean): Promise<number> {
  class Nowhere extends LogSink {
    readonly level = 'info' as const
    write(): void {}
  }
  const controller = createController({
    routes: () => ({
      hello: Get('/hello').handle(() => ({ hello: 'world' })),
      show: Get('/items/:item')
        .query(Query)
        .returns(200, Item)
        .handle(async ({ item, query }) => ({ name: await Promise.resolve(item), count: query.count })),
      add: Post('/items')
        .body(Item)
        .returns(201, Item)
        .handle(({ body, res }) => res.status(201).json(body)),
    }),
  })
  const app = JustScale()
    .add(bindInstance(LogSink, new Nowhere()))
    .add(controller)
    .add(HttpFeature({ port: 0, accessLog: logged }))
    .build()
  await app.start()
  return (await app.resolve(HttpServer)).port
}
