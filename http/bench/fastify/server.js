/** Fastify on Node with the middleware of the other servers of the bench. Prints its port. */
import Fastify from 'fastify'
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'

const Item = z.object({ name: z.string().min(2), count: z.number() })
const Query = z.object({ count: z.coerce.number() })
const security = JSON.parse(process.argv[2] ?? '{}')
const context = new AsyncLocalStorage()
const app = Fastify({ genReqId: (request) => request.headers['x-request-id'] ?? randomUUID() })
app.addHook('onRequest', (request, reply, done) => {
  reply.headers(security)
  reply.header('x-request-id', request.id)
  context.run({}, done)
})
app.get('/hello', async () => ({ hello: 'world' }))
app.get('/items/:item', async (request) => {
  const { count } = Query.parse(request.query)
  return Item.parse({ name: await Promise.resolve(request.params.item), count })
})
app.post('/items', async (request, reply) => reply.code(201).send(Item.parse(Item.parse(request.body))))
await app.listen({ port: 0, host: '127.0.0.1' })
console.log(app.server.address().port)
