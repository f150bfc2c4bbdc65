/** One server of the bench: `bun server.ts bare|hono|ours`. Prints its port. All answer `GET /hello` and a validated `POST /items`. */
import { createController, JustScale } from '@justscale/core'
import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { AsyncLocalStorage } from 'node:async_hooks'
import { z } from 'zod'
import { Get, HttpFeature, HttpServer, Post } from '../index.ts'

const Item = z.object({ name: z.string().min(2), count: z.number() })

const servers: Readonly<Record<string, () => Promise<number>>> = { bare, hono, ours }
console.log(await servers[process.argv[2] ?? 'ours']?.())

async function bare(): Promise<number> {
  const answer = async (request: Request) => {
    if (request.method === 'GET') return Response.json({ hello: 'world' })
    return Response.json(Item.parse(await request.json()), { status: 201 })
  }
  return Bun.serve({ port: 0, fetch: answer }).port ?? 0
}

/** The middleware that ours always has: request id, async context, security headers, validated answers. */
async function hono(): Promise<number> {
  const context = new AsyncLocalStorage<object>()
  const app = new Hono()
  app.use(requestId())
  app.use(secureHeaders())
  app.use((_, next) => context.run({}, next))
  app.get('/hello', (c) => c.json({ hello: 'world' }))
  app.post('/items', async (c) => c.json(Item.parse(Item.parse(await c.req.json())), 201))
  return Bun.serve({ port: 0, fetch: app.fetch }).port ?? 0
}

async function ours(): Promise<number> {
  const controller = createController({
    routes: () => ({
      hello: Get('/hello').handle(() => ({ hello: 'world' })),
      add: Post('/items')
        .body(Item)
        .returns(201, Item)
        .handle(({ body, res }) => res.status(201).json(body)),
    }),
  })
  const app = JustScale()
    .add(controller)
    .add(HttpFeature({ port: 0, accessLog: false }))
    .build()
  await app.start()
  return (await app.resolve(HttpServer)).port
}
