/** What channels do about messages that they cannot get any more; the rest is in the contract, on a server. */
import { expect, test } from 'bun:test'
import type { SqlDatabase, SqlLane, SqlRow } from '@justscale/engine/sql'
import { PgChannels } from './pg-channels.ts'

/** A server that keeps `messages`, with the callbacks it was given. */
async function connected(messages: SqlRow[] = []) {
  let notify: (payload: string) => void = () => {}
  let listening: (silent: number) => void = () => {}
  const query = async (text: string) => (text.includes('from justscale_message') ? [...messages] : []) as never
  const lane: SqlLane = {
    query,
    pipeline: async () => [],
    healthy: true,
    backend: 1,
    cancel: async () => {},
    release: () => {},
  }
  const server: SqlDatabase = {
    query,
    identity: 'test',
    sessions: true,
    applicationName: 'test',
    address: 'test',
    lane: async () => lane,
    async listen(_, onNotify, onListening = () => {}) {
      notify = onNotify
      listening = onListening
      listening(0)
      return { close: async () => {} }
    },
    close: async () => {},
  }
  const channels = new PgChannels(server, 'test')
  const heard: string[] = []
  const gaps: string[] = []
  for (const topic of ['a', 'b'])
    await channels.subscribe(
      topic,
      (payload) => heard.push(payload),
      () => gaps.push(topic),
    )
  return { channels, heard, gaps, notify: (text: string) => notify(text), listening: (ms: number) => listening(ms) }
}

test('a connection that was away for less than messages are kept leaves no gap', async () => {
  const { channels, gaps, listening } = await connected()
  listening(59_000)
  await channels.close()
  expect(gaps).toEqual([])
})

test('one that was away for longer does, whatever can still be caught up on', async () => {
  const { channels, gaps, listening } = await connected()
  listening(61_000)
  await channels.close()
  expect(gaps).toEqual(['a', 'b'])
})

test('a large message that is not kept any more is a gap of its topic', async () => {
  const { channels, gaps, heard, notify } = await connected()
  notify('7 b')
  notify('8 b here')
  await channels.close()
  expect([gaps, heard]).toEqual([['b'], ['here']])
})

test('what was said while the connection was away is caught up on, in order and once', async () => {
  const messages: SqlRow[] = []
  const { channels, heard, notify, listening } = await connected(messages)
  notify('1 a one')
  messages.push({ id: '1', topic: 'a', payload: 'one' }, { id: '2', topic: 'b', payload: 'two' })
  messages.push({ id: '3', topic: 'a', payload: 'three' })
  listening(1_000)
  notify('3 a three')
  notify('4 a four')
  await channels.close()
  expect(heard).toEqual(['one', 'two', 'three', 'four'])
})
