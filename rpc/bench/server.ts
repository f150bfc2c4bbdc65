/** One server of the bench: `bun server.ts <ours|connect-es|grpc-js|ours-connect|connect-es-connect>`; prints
 * `listening on <port>`. */
import { once } from 'node:events'
import { createServer } from 'node:http2'
import { create, fromBinary, toBinary, type MessageShape } from '@bufbuild/protobuf'
import { createConnectRouter } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { createFetchHandler } from '@connectrpc/connect/protocol'
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js'
import { createController, JustScale } from '@justscale/core'
import { RpcFeature, RpcServer } from '../index.ts'
import { GreeterContract, HelloReplySchema, HelloRequestSchema } from '../test/greeter.ts'

const answer = (name: string) => ({ message: `Hello, ${name}` })
async function* answers({ name, times = 0 }: { name: string; times?: number }) {
  for (let index = 0; index < times; index++) yield { message: `Hello, ${name}`, index }
}
const port = await start(process.argv[2] ?? '')
console.log(`listening on ${port}`)

async function start(kind: string): Promise<number> {
  switch (kind) {
    case 'ours':
      return (await ours(0)).port ?? 0
    case 'ours-connect': {
      const server = await ours(false)
      return Bun.serve({ port: 0, fetch: (request) => server.fetchHandler.fetch(request) }).port ?? 0
    }
    case 'connect-es':
      return listen(createServer(connectNodeAdapter({ routes })))
    case 'connect-es-connect': {
      const router = createConnectRouter()
      routes(router)
      const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, createFetchHandler(handler)]))
      const missing = () => new Response(null, { status: 404 })
      return (
        Bun.serve({ port: 0, fetch: (request) => (handlers.get(new URL(request.url).pathname) ?? missing)(request) })
          .port ?? 0
      )
    }
    case 'grpc-js':
      return grpcJs()
    default:
      throw new Error(`unknown server "${kind}"`)
  }
}

async function ours(port: number | false): Promise<RpcServer> {
  const controller = createController.implements(GreeterContract).create({
    methods: () => ({
      SayHello: async ({ body }) => answer(body.name),
      SayHelloStream: ({ body }) => answers(body),
      RecordRoute: () => ({}),
      async *RouteChat() {},
    }),
  })
  const app = JustScale()
    .add(controller)
    .add(RpcFeature({ port, hostname: '127.0.0.1' }))
    .build()
  await app.start()
  return app.resolve(RpcServer)
}

function routes(router: ReturnType<typeof createConnectRouter>): void {
  router.service(GreeterContract, {
    sayHello: async (request) => answer(request.name),
    sayHelloStream: answers,
  })
}

function listen(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  )
}

function grpcJs(): Promise<number> {
  type Request = MessageShape<typeof HelloRequestSchema>
  type Reply = MessageShape<typeof HelloReplySchema>
  const server = new Server()
  const method = (name: string, responseStream: boolean) => ({
    path: `/greeter.v1.Greeter/${name}`,
    requestStream: false,
    responseStream,
    requestSerialize: (request: Request) => Buffer.from(toBinary(HelloRequestSchema, request)),
    requestDeserialize: (bytes: Buffer) => fromBinary(HelloRequestSchema, bytes),
    responseSerialize: (reply: Reply) => Buffer.from(toBinary(HelloReplySchema, reply)),
    responseDeserialize: (bytes: Buffer) => fromBinary(HelloReplySchema, bytes),
  })
  const definition = { SayHello: method('SayHello', false), SayHelloStream: method('SayHelloStream', true) }
  server.addService(definition, {
    SayHello: (call: ServerUnaryCall<Request, Reply>, done: sendUnaryData<Reply>) =>
      done(null, create(HelloReplySchema, answer(call.request.name))),
    async SayHelloStream(call: ServerWritableStream<Request, Reply>) {
      for await (const reply of answers(call.request)) {
        if (!call.write(create(HelloReplySchema, reply))) await once(call, 'drain')
      }
      call.end()
    },
  })
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
}
