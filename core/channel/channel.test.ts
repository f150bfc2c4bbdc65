import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { runInCell, transaction } from '../cell/index.ts'
import {
  bindInstance,
  ChannelBackend,
  ChannelKeyError,
  ChannelMessageError,
  createChannels,
  defineModel,
  field,
  JustScale,
  makeLocked,
  makePersistent,
  ProcessableEncodeError,
  Reference,
} from '../index.ts'
import { createTestKit } from '../testing/create-test-kit.ts'

class Room extends defineModel({ name: 'Room', fields: { title: field.string() } }) {}
class Chat extends createChannels<{ text: string; at?: Temporal.Instant; room?: unknown }>({
  name: 'chat',
  queue: 3,
}) {}

/** Delivers on the next microtask, to everyone subscribed at that time. */
class LoopBackend extends ChannelBackend {
  readonly topics = new Map<string, Set<(payload: string) => void>>()

  async publish(topic: string, payload: string): Promise<void> {
    await undefined
    for (const deliver of this.topics.get(topic) ?? []) deliver(payload)
  }

  async subscribe(topic: string, onMessage: (payload: string) => void) {
    const all = this.topics.get(topic) ?? new Set()
    this.topics.set(topic, all.add(onMessage))
    return { close: async () => void all.delete(onMessage) }
  }
}

async function chatApp() {
  const backend = new LoopBackend()
  const app = JustScale().add(bindInstance(ChannelBackend, backend)).add(Chat).build()
  await app.start()
  return { app, backend, chat: await app.resolve(Chat) }
}

describe('channels', () => {
  test('bring messages to every subscriber of the key and to nobody else', async () => {
    const { app, chat } = await chatApp()
    const [one, two, other] = [chat.subscribe('a'), chat.subscribe('a'), chat.subscribe('b')]
    await Promise.all([one.ready, two.ready, other.ready])
    const at = Temporal.Instant.from('2030-01-01T00:00:00Z')
    await app.run(() => chat.publish('a', { text: 'hello', at }))
    expect(await one.next()).toEqual({ done: false, value: { text: 'hello', at } })
    expect(((await two.next()).value as { at: unknown }).at).toBeInstanceOf(Temporal.Instant)
    other.close()
    expect(await other.next()).toEqual({ done: true, value: undefined })
    await app.stop()
  })

  test('publish after the commit, and never after a rollback', async () => {
    const { app, chat } = await chatApp()
    const heard = chat.subscribe('a')
    await heard.ready
    await app.run(async () => {
      await transaction(async () => {
        chat.publish('a', { text: 'rolled back' })
        throw new Error('no')
      }).catch(() => {})
      chat.publish('a', { text: 'kept' })
    })
    expect((await heard.next()).value).toEqual({ text: 'kept' })
  })

  test('a key may be an entity or a reference: the same topic', async () => {
    const { app, chat } = await chatApp()
    const room = makePersistent(app, Room, 'r1', { title: 'x' })
    const heard = chat.subscribe(Room.ref('r1'))
    await heard.ready
    expect(chat.hasSubscribers(room)).toBeTrue()
    await app.run(() => chat.publish(room, { text: 'hi' }))
    expect((await heard.next()).value).toEqual({ text: 'hi' })
  })

  test('a slow reader is ended with an error after what it has', async () => {
    const { app, chat } = await chatApp()
    const slow = chat.subscribe('a')
    await slow.ready
    await app.run(async () => {
      for (const text of ['1', '2', '3', '4']) chat.publish('a', { text })
    })
    await app.run(async () => {})
    const texts: string[] = []
    await expect(
      (async () => {
        for await (const { text } of slow) texts.push(text)
      })(),
    ).rejects.toThrow('has 3 unread messages')
    expect(texts).toEqual(['1', '2', '3'])
  })

  test.each([
    ['drop-oldest', ['2', '3', '4']],
    ['drop-newest', ['1', '2', '3']],
  ] as const)('a full queue with %s keeps on, and counts what was dropped', async (overflow, kept) => {
    class Small extends createChannels<string>({ name: 'small', queue: 3, overflow }) {}
    const app = JustScale().add(bindInstance(ChannelBackend, new LoopBackend())).add(Small).build()
    const small = await app.resolve(Small)
    using heard = small.subscribe('a')
    await heard.ready
    for (const text of ['1', '2', '3', '4']) small.publish('a', text)
    await app.run(async () => {})
    const texts = [await heard.next(), await heard.next(), await heard.next()].map(({ value }) => value)
    expect(texts).toEqual([...kept])
    expect(heard.gaps).toBe(1)
    small.publish('a', '5')
    expect((await heard.next()).value).toBe('5')
    await app.stop()
  })

  test('a schema checks what is published, and what it makes of it arrives', async () => {
    class Checked extends createChannels<{ text: string; times?: number }>({
      name: 'checked',
      schema: z.object({ text: z.string(), times: z.number().default(1) }),
    }) {}
    const app = JustScale().add(bindInstance(ChannelBackend, new LoopBackend())).add(Checked).build()
    const checked = await app.resolve(Checked)
    using heard = checked.subscribe('a')
    await heard.ready
    expect(() => checked.publish('a', { text: 5 as never })).toThrow(ChannelMessageError)
    expect(() => checked.publish(5 as never, { text: 'x' })).toThrow(ChannelKeyError)
    expect(() => checked.publish(new Room({ title: 'new' }), { text: 'x' })).toThrow('must be stored first')
    expect(() => checked.publish('a', { text: 5 as never })).toThrow('text: ')
    checked.publish('a', { text: 'x' })
    expect((await heard.next()).value).toEqual({ text: 'x', times: 1 })
    await app.stop()
  })

  test('hooks hear of the first subscriber of a key and of the end of the last, and a failing one is logged', async () => {
    const heard: string[] = []
    class Hooked extends createChannels<string>({
      name: 'hooked',
      onFirstSubscriber(key) {
        heard.push(`first ${key}`)
        throw new Error('hook')
      },
      onLastUnsubscribe: (key) => void heard.push(`last ${key}`),
    }) {}
    await using kit = await createTestKit(JustScale().add(bindInstance(ChannelBackend, new LoopBackend())).add(Hooked))
    const hooked = await kit.resolve(Hooked)
    const [one, two, other] = [hooked.subscribe('a'), hooked.subscribe('a'), hooked.subscribe('b')]
    one.close()
    other.close()
    expect(heard).toEqual(['first a', 'first b', 'last b'])
    two.close()
    two.close()
    expect(heard).toEqual(['first a', 'first b', 'last b', 'last a'])
    expect(kit.logs.filter(({ message }) => message === 'onFirstSubscriber failed')).toHaveLength(2)
  })

  test('stopping the app ends every loop', async () => {
    const { app, chat, backend } = await chatApp()
    const heard = chat.subscribe('a')
    await heard.ready
    const loop = (async () => {
      for await (const _ of heard);
      return 'ended'
    })()
    await app.stop()
    expect(await loop).toBe('ended')
    expect(backend.topics.get('chat/a')?.size).toBe(0)
  })

  test('an aborted signal ends the subscription', async () => {
    const { chat } = await chatApp()
    const stop = new AbortController()
    const heard = chat.subscribe('a', { signal: stop.signal })
    stop.abort()
    expect((await heard.next()).done).toBeTrue()
    expect(chat.activeKeys()).toEqual([])
  })

  test.each([
    [
      'a lock',
      (app: never) =>
        makeLocked(app, Room, 'r1', { title: 'x' }, { check() {}, dispose() {}, disposeAsync: async () => {} }),
      'Locked<T> cannot leave',
    ],
    [
      'an entity',
      (app: never) => makePersistent(app, Room, 'r1', { title: 'x' }),
      'the entity Room(r1) cannot be sent',
    ],
    ['a function', () => () => 1, 'a function cannot be sent'],
    ['an instance', () => new URL('http://x'), 'an instance of URL'],
  ])('refuse %s, naming the place', async (_, make, message) => {
    const { app, chat } = await chatApp()
    const publish = () => chat.publish('a', { text: 'x', room: [make(app as never)] })
    expect(publish).toThrow(ProcessableEncodeError)
    expect(publish).toThrow(`message.room[0]: ${message}`)
  })

  test('carry references of models that the app stores', async () => {
    const { decodeMessage, encodeMessage } = await import('./message-codec.ts')
    const text = encodeMessage({
      room: Room.ref('r9'),
      list: [1n, Number.NaN, undefined, new Date(0), new Uint8Array([1])],
      $justscale: 'mine',
    })
    const back = decodeMessage(text, (name) => (name === 'Room' ? Room : undefined)) as {
      room: Reference<Room>
      list: unknown[]
      $justscale: string
    }
    expect(back.room.identifier).toBe('r9')
    expect(back.list).toEqual([1n, Number.NaN, undefined, new Date(0), new Uint8Array([1])])
    expect(back.$justscale).toBe('mine')
    expect(() => decodeMessage(text, () => undefined)).toThrow('model Room')
  })

  test('outside a cell they publish at once', async () => {
    const { chat } = await chatApp()
    const heard = chat.subscribe('a')
    await heard.ready
    await runInCell({ name: 'test' }, () => {})
    chat.publish('a', { text: 'now' })
    expect((await heard.next()).value).toEqual({ text: 'now' })
  })
})
