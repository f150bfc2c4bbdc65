/** What the types promise: each expectation below is an error that the compiler must report. */
import { expect, test } from 'bun:test'
import { createController } from '@justscale/core'
import { ContractError, createRpcClient } from '../index.ts'
import { GreeterContract } from './greeter.ts'

const rest = {
  async *SayHelloStream() {},
  RecordRoute: () => ({}),
  async *RouteChat() {},
}

test('a missing method is a type error, and an error when the controller is made', async () => {
  // @ts-expect-error SayHello is missing
  const make = () => createController.implements(GreeterContract).create({ methods: () => ({ ...rest }) })
  expect(make).not.toThrow()
})

test('a misspelt method is a type error', () => {
  const make = () =>
    createController.implements(GreeterContract).create({
      // @ts-expect-error the contract has no method SayHelo
      methods: () => ({ ...rest, SayHello: () => ({}), SayHelo: () => ({}) }),
    })
  expect(make).not.toThrow()
})

test('a wrong answer is a type error', () => {
  createController.implements(GreeterContract).create({
    // @ts-expect-error message is text
    methods: () => ({ ...rest, SayHello: () => ({ message: 5 }) }),
  })
})

test('a unary method cannot stream', () => {
  createController.implements(GreeterContract).create({
    methods: () => ({
      ...rest,
      // @ts-expect-error SayHello answers once
      async *SayHello() {
        yield { message: 'x' }
      },
    }),
  })
})

test('the body, the context and what middleware adds are typed', () => {
  createController
    .implements(GreeterContract)
    .use(({ metadata }) => ({ user: metadata.get('x-user') ?? 'nobody' }))
    .use(({ user }) => ({ shout: user.toUpperCase() }))
    .create({
      methods: () => ({
        ...rest,
        SayHello: ({ body, user, shout, deadline }) => {
          const name: string = body.name
          const times: number | undefined = body.times
          const note: string | false = body.extra.case === 'note' && body.extra.value
          const text: string = `${user}${shout}${name}${times}${note}`
          const when: Date | undefined = deadline
          // @ts-expect-error there is no such field
          const wrong: unknown = body.nope
          return { message: `${text}${when}${wrong}` }
        },
      }),
    })
})

test('a client has the methods of the contract', () => {
  const client = createRpcClient(GreeterContract, { baseUrl: 'http://localhost' })
  const calls = () => [
    client.SayHello({ name: 'x' }).then((reply) => reply.message.length),
    // @ts-expect-error name is text
    client.SayHello({ name: 5 }),
    // @ts-expect-error there is no such method
    client.SayBye({}),
    // @ts-expect-error a client stream takes a stream
    client.RecordRoute({ name: 'x' }),
  ]
  expect(calls).toBeFunction()
})

test('plain JavaScript gets an error that names what is missing and what is too much', async () => {
  const { JustScale } = await import('@justscale/core')
  const methods: unknown = () => ({ ...rest, SayHelo: () => ({}) })
  const controller = createController.implements(GreeterContract).create({ methods: methods as never })
  const failure: unknown = await JustScale()
    .add(controller)
    .build()
    .prepare()
    .catch((error: unknown) => error)
  const cause = failure instanceof ContractError ? failure : (failure as Error).cause
  expect(cause).toBeInstanceOf(ContractError)
  expect(String(cause)).toContain('does not implement SayHello and has SayHelo, which the contract does not have')
})
