/** Middleware and guards of core on RPC methods, and the request id in what they log. */
import { expect, test } from 'bun:test'
import {
  bindInstance,
  createController,
  createGuard,
  createMiddleware,
  defineService,
  JustScale,
  Logger,
  LogSink,
  type LogRecord,
} from '@justscale/core'
import { createRpcClient, GrpcError, GrpcStatus, inProcessTransport, RpcFeature, type RpcContext } from '../index.ts'
import { GreeterContract } from './greeter.ts'

class Users extends defineService({
  inject: { log: Logger },
  factory: ({ log }) => ({
    byName(name: string | undefined) {
      log.info('looked up')
      return name
    },
  }),
}) {}

const signedIn = createMiddleware({
  inject: { users: Users },
  handle:
    ({ users }) =>
    ({ metadata }: RpcContext) => {
      const user = users.byName(metadata.get('x-user'))
      if (user === undefined) throw new GrpcError(GrpcStatus.UNAUTHENTICATED, 'sign in first')
      return { user }
    },
})

const notBanned = createGuard({
  inject: { users: Users },
  handle:
    ({ users }) =>
    ({ user }: { readonly user: string }) =>
      users.byName(user) !== 'banned',
})

function appWithSteps() {
  const lines: LogRecord[] = []
  class Kept extends LogSink {
    readonly level = 'debug' as const
    write(line: LogRecord): void {
      lines.push(line)
    }
  }
  const ran: string[] = []
  const controller = createController
    .implements(GreeterContract)
    .use(signedIn)
    .guard(notBanned)
    .guard(
      ({ user }) => user !== 'bob',
      ({ metadata }) => metadata.get('x-key') === 'yes',
    )
    .create({
      methods: () => ({
        SayHello: ({ user }) => {
          ran.push(user)
          return { message: `Hello, ${user}` }
        },
        async *SayHelloStream({ user }) {
          ran.push(user)
          yield { message: user }
        },
        RecordRoute: () => ({}),
        async *RouteChat() {},
      }),
    })
  const app = JustScale()
    .add(bindInstance(LogSink, new Kept()))
    .add(Users)
    .add(controller)
    .add(RpcFeature({ port: false }))
    .build()
  return { app, client: createRpcClient(GreeterContract, { transport: inProcessTransport(app) }), lines, ran }
}

test('a middleware that injects adds to the context, typed', async () => {
  const { client } = appWithSteps()
  expect(await client.SayHello({}, { metadata: { 'x-user': 'ann' } })).toMatchObject({ message: 'Hello, ann' })
})

test('a middleware that throws ends the call', async () => {
  const { client, ran } = appWithSteps()
  expect(await client.SayHello({}).catch((error) => error)).toMatchObject({ statusName: 'UNAUTHENTICATED' })
  expect(ran).toEqual([])
})

test('a guard that says false denies, unary and streamed', async () => {
  const { client, ran } = appWithSteps()
  const options = { metadata: { 'x-user': 'banned' } }
  expect(await client.SayHello({}, options).catch((error) => error)).toMatchObject({ statusName: 'PERMISSION_DENIED' })
  const streamed = Array.fromAsync(client.SayHelloStream({}, options))
  expect(await streamed.catch((error) => error)).toMatchObject({ statusName: 'PERMISSION_DENIED' })
  expect(ran).toEqual([])
})

test('of several guards one that passes is enough', async () => {
  const { client } = appWithSteps()
  const call = (key: string) => client.SayHello({}, { metadata: { 'x-user': 'bob', 'x-key': key } })
  expect(await call('yes')).toMatchObject({ message: 'Hello, bob' })
  expect(await call('no').catch((error) => error)).toMatchObject({ statusName: 'PERMISSION_DENIED' })
})

test('a call logs under its request id', async () => {
  const { client, lines } = appWithSteps()
  await client.SayHello({}, { metadata: { 'x-user': 'ann', 'x-request-id': 'r-7' } })
  const looked = lines.filter((line) => line.message[0] === 'looked up')
  expect(looked.length).toBeGreaterThan(0)
  for (const line of looked) expect(line.properties['requestId']).toBe('r-7')
})

test('what a step injects and the app does not have stops the start', async () => {
  class Absent extends defineService({ factory: () => ({}) }) {}
  const controller = createController
    .implements(GreeterContract)
    .use(createMiddleware({ inject: { absent: Absent }, handle: () => () => ({}) }))
    .create({
      methods: () => ({
        SayHello: () => ({}),
        async *SayHelloStream() {},
        RecordRoute: () => ({}),
        async *RouteChat() {},
      }),
    })
  const app = JustScale()
    .add(controller)
    .add(RpcFeature({ port: false }))
    .build()
  expect((await app.start().catch((error: Error) => error))?.message).toContain('Absent')
})
