import { afterAll, beforeAll, expect, test } from 'bun:test'
import { bindInstance, bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { createClient, HttpFeature, HttpServer } from '@justscale/http'
import { createInMemoryModel, createInMemoryRepository, MemoryFeature } from '@justscale/memory'
import { Chat } from '../chat.ts'
import { Ban, ChatMessage, Room } from '../room/room.ts'
import type { rooms } from '../room/room-controller.ts'
import { ChatSecret } from '../user/chat-secret.ts'
import { User } from '../user/user.ts'
import type { users } from '../user/user-controller.ts'
import { Talk } from './talk.ts'

const app = JustScale()
  .add(MemoryFeature)
  .add(bindRepository(ModelRepository.of(User), createInMemoryRepository(createInMemoryModel(User))))
  .add(bindRepository(ModelRepository.of(Room), createInMemoryRepository(createInMemoryModel(Room))))
  .add(bindRepository(ModelRepository.of(ChatMessage), createInMemoryRepository(createInMemoryModel(ChatMessage))))
  .add(bindRepository(ModelRepository.of(Ban), createInMemoryRepository(createInMemoryModel(Ban))))
  .add(bindInstance(ChatSecret, { value: 'test' }))
  .add(Chat)
  .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0, accessLog: false }))
  .build()
let base = ''

beforeAll(async () => {
  await app.start()
  base = (await app.resolve(HttpServer)).url
})
afterAll(() => app.stop())

async function visitor(name: string) {
  const anonymous = createClient<typeof users>({ baseUrl: base })
  const { token, user } = await anonymous.post('/sign-in', { body: { name, password: `${name}'s` } })
  return {
    token,
    user,
    client: createClient<typeof rooms>({ baseUrl: base, headers: { authorization: `Bearer ${token}` } }),
  }
}

test('members talk, spectators watch, the owner sets the topic and bans', async () => {
  const alice = await visitor('alice')
  const bob = await visitor('bob')
  const room = (await alice.client.post('/rooms', { body: { title: 'Garden' } })).self
  const atAlice = await Talk.open(base, room, alice.token)
  await expect(Talk.open(base, room, bob.token)).rejects.toThrow()
  await bob.client.post('/rooms/:room/members', { params: { room } })
  const atBob = await Talk.open(base, room, bob.token)
  const watching = bob.client.events('/rooms/:room/events', { params: { room } })[Symbol.asyncIterator]()
  expect((await watching.next()).value).toMatchObject({ event: 'ready' })

  atAlice.say('hello')
  expect(await atBob.next()).toEqual({ kind: 'said', author: 'alice', text: 'hello' })
  expect((await watching.next()).value).toMatchObject({ event: 'said', data: { text: 'hello' } })

  const refused = await bob.client
    .put('/rooms/:room/topic', { params: { room }, body: { topic: 'mine' } })
    .catch((error: unknown) => error)
  expect(refused).toMatchObject({ status: 403 })
  await alice.client.put('/rooms/:room/topic', { params: { room }, body: { topic: 'roses' } })
  expect(await atBob.next()).toEqual({ kind: 'topic', topic: 'roses' })

  await alice.client.post('/rooms/:room/bans', { params: { room }, body: { user: bob.user.self } })
  expect(await atBob.closed).toBe(4003)
  const silenced = await bob.client
    .post('/rooms/:room/messages', { params: { room }, body: { text: 'but' } })
    .catch((error: unknown) => error)
  expect(silenced).toMatchObject({ status: 403 })
  expect(
    (await bob.client.get('/rooms/:room/messages', { params: { room } })).map(({ author, text }) => [author, text]),
  ).toEqual([['alice', 'hello']])
  await watching.return?.(undefined)
})

test('a name is whose password was first', async () => {
  await visitor('carol')
  const client = createClient<typeof users>({ baseUrl: base })
  expect(
    await client.post('/sign-in', { body: { name: 'carol', password: 'other' } }).catch((error: unknown) => error),
  ).toMatchObject({ status: 401 })
})

test('odd input has its answer', async () => {
  const dora = await visitor('dora')
  const erik = await visitor('erik')
  const { self: room } = await dora.client.post('/rooms', { body: { title: 'Odd' } })
  await dora.client.post('/rooms/:room/bans', { params: { room }, body: { user: erik.user.self, minutes: 0.0001 } })
  const server = await app.resolve(HttpServer)
  const withoutHost = Object.defineProperty(
    new Request(`${base}/rooms/${room}/members?token=${dora.token}`, { method: 'POST' }),
    'url',
    {
      value: `/rooms/${room}/members?token=${dora.token}`,
    },
  )
  expect((await server.fetch(withoutHost)).status).toBe(204)
  for (const name of ['a\u0000b', '\ud800']) {
    const body = JSON.stringify({ name, password: 'x' })
    const answer = await fetch(`${base}/sign-in`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.status).toBe(422)
  }
})
