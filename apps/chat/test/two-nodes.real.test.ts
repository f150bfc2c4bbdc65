/** Two nodes as OS processes on one Postgres: alice at one, bob at the other; either may be killed. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { OsProcess } from '@justscale/core/testing'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { createClient } from '@justscale/http'
import { join } from 'node:path'
import type { rooms } from '../room/room-controller.ts'
import type { users } from '../user/user-controller.ts'
import { Talk } from './talk.ts'

interface Node {
  readonly base: string
  kill(): Promise<void>
}

let database: TestDatabase
let nodes: Node[] = []

beforeEach(async () => {
  database = await testDatabase()
  nodes = [await startNode(), await startNode()]
}, 60_000)

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.kill()))
  await database.drop()
})

async function startNode(): Promise<Node> {
  const node = OsProcess.start(join(import.meta.dir, '..', 'main.ts'), {
    DATABASE_URL: database.url,
    CHAT_SECRET: 'shared',
  })
  return { base: await node.url, kill: () => node.kill() }
}

async function visitor(base: string, name: string) {
  const { token } = await createClient<typeof users>({ baseUrl: base }).post('/sign-in', {
    body: { name, password: 'p' },
  })
  return { token, client: createClient<typeof rooms>({ baseUrl: base, headers: { authorization: `Bearer ${token}` } }) }
}

test('what alice says at one node arrives at the other, and either node can be killed', async () => {
  const [first, second] = nodes as [Node, Node]
  const alice = await visitor(first.base, 'alice')
  const bob = await visitor(second.base, 'bob')
  const room = (await alice.client.post('/rooms', { body: { title: 'Garden' } })).self
  await bob.client.post('/rooms/:room/members', { params: { room } })
  const atAlice = await Talk.open(first.base, room, alice.token)
  const atBob = await Talk.open(second.base, room, bob.token)
  atAlice.say('hello')
  expect(await atBob.next()).toEqual({ kind: 'said', author: 'alice', text: 'hello' })
  expect(await atAlice.next()).toEqual({ kind: 'said', author: 'alice', text: 'hello' })
  atBob.say('hi')
  expect(await atAlice.next()).toEqual({ kind: 'said', author: 'bob', text: 'hi' })

  await second.kill()
  await atBob.closed
  atAlice.say('still here')
  expect(await atAlice.next()).toMatchObject({ text: 'still here' })

  const third = await startNode()
  nodes.push(third)
  const bobAgain = await Talk.open(third.base, room, bob.token)
  await first.kill()
  bobAgain.say('me too')
  expect(await bobAgain.next()).toEqual({ kind: 'said', author: 'bob', text: 'me too' })
  const said = await createClient<typeof rooms>({ baseUrl: third.base }).get('/rooms/:room/messages', {
    params: { room },
  })
  expect(said.map(({ text }) => text)).toEqual(['hello', 'hi', 'still here', 'me too'])
}, 60_000)

test.each([
  ['the node where it was said', 0],
  ['the other node', 1],
])(
  'a spectator sees the topic and a ban, and the ban ends on time with %s killed',
  async (_, killed) => {
    const [first, second] = nodes as [Node, Node]
    const alice = await visitor(first.base, 'alice')
    const bob = await visitor(second.base, 'bob')
    const room = (await alice.client.post('/rooms', { body: { title: 'Garden' } })).self
    await bob.client.post('/rooms/:room/members', { params: { room } })
    const watch = async (node: Node) => {
      const events = createClient<typeof rooms>({ baseUrl: node.base }).events('/rooms/:room/events', {
        params: { room },
      })
      const reader = events[Symbol.asyncIterator]()
      expect((await reader.next()).value).toMatchObject({ event: 'ready' })
      return reader
    }
    const survivor = nodes[1 - killed] as Node
    const atSurvivor = await watch(survivor)

    await alice.client.put('/rooms/:room/topic', { params: { room }, body: { topic: 'roses' } })
    expect((await atSurvivor.next()).value).toMatchObject({ event: 'topic', data: { topic: 'roses' } })
    const talking = await Talk.open(second.base, room, bob.token)
    const [found] = (await alice.client.get('/rooms/:room/members', { params: { room } })).filter(
      ({ name }) => name === 'bob',
    )
    if (found === undefined) throw new Error('bob is no member')
    await alice.client.post('/rooms/:room/bans', { params: { room }, body: { user: found.self, minutes: 1 / 20 } })
    expect((await atSurvivor.next()).value).toMatchObject({ event: 'banned', data: { user: 'bob' } })
    expect(await talking.closed).toBe(4003)

    await nodes[killed]?.kill()
    expect((await atSurvivor.next()).value).toMatchObject({ event: 'pardoned', data: { user: 'bob' } })
    const again = createClient<typeof rooms>({
      baseUrl: survivor.base,
      headers: { authorization: `Bearer ${bob.token}` },
    })
    await again.post('/rooms/:room/members', { params: { room } })
    expect((await atSurvivor.next()).value).toMatchObject({ event: 'joined', data: { user: 'bob' } })
    await atSurvivor.return?.(undefined)
  },
  60_000,
)
