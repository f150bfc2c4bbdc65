/** One server of the bench of idle connections: `bun idle-server.ts bare|ours`. Prints its port. */
import { createController, JustScale } from '@justscale/core'
import { Get, HttpFeature, HttpServer, SSE, Ws } from '../index.ts'

const servers: Readonly<Record<string, () => Promise<number>>> = { bare, ours }
console.log(await servers[process.argv[2] ?? 'ours']?.())

function memory(): number {
  Bun.gc(true)
  return process.memoryUsage.rss()
}

async function bare(): Promise<number> {
  const server = Bun.serve({
    port: 0,
    idleTimeout: 0,
    fetch(request, bun) {
      const path = new URL(request.url).pathname
      if (path === '/memory') return Response.json(memory())
      if (path === '/socket') return bun.upgrade(request) ? undefined : new Response(null, { status: 400 })
      const first = (controller: ReadableStreamDefaultController) => controller.enqueue(': open\n\n')
      return new Response(new ReadableStream({ start: first }), { headers: { 'content-type': 'text/event-stream' } })
    },
    websocket: { message: () => {}, idleTimeout: 0 },
  })
  return server.port ?? 0
}

async function ours(): Promise<number> {
  const controller = createController({
    routes: () => ({
      memory: Get('/memory').handle(memory),
      socket: Ws('/socket').handle(async ({ messages }) => {
        await messages.each(() => {})
      }),
      events: SSE('/events').handle(async function* ({ signal }) {
        yield { data: 'first' }
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      }),
    }),
  })
  const app = JustScale()
    .add(controller)
    .add(HttpFeature({ port: 0, accessLog: false }))
    .build()
  await app.start()
  return (await app.resolve(HttpServer)).port
}
