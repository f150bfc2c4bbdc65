/** The end of an app in an OS process, by SIGTERM, under clients that go on: every request that was sent gets its answer. */
import { expect, test } from 'bun:test'
import { RawClient } from './raw-client.ts'
import { serve } from './serving-process.ts'

interface Sent {
  readonly complete: number
  /** Requests without their whole answer. */
  readonly failed: string[]
}

const head = 'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n'

/** Sends on one connection, half a body at a time, until an answer says that the connection ends. */
async function keepSending(port: number, onAnswer: () => void): Promise<Sent> {
  const client = new RawClient(port)
  for (let complete = 1; ; complete++) {
    client.write(`${head}{"n"`)
    await Promise.resolve()
    const { text } = await client.write(':1}').answer('\r\n\r\n1')
    if (!text.startsWith('HTTP/1.1 200') || !text.endsWith('\r\n\r\n1')) return { complete, failed: [text] }
    onAnswer()
    if (/connection: close/i.test(text)) return { complete, failed: [] }
  }
}

test('by SIGTERM: no request fails, streams and sockets are told, the exit code is 0', async () => {
  const { port, url, child, output } = await serve()
  const busy = Promise.withResolvers<void>()
  let answers = 0
  const senders = Array.from({ length: 20 }, () => keepSending(port, () => ++answers > 500 && busy.resolve()))
  const half = new RawClient(port).write(`${head}{"n"`)
  const stream = await fetch(`${url}/ticks`)
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`)
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)))
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  await busy.promise

  child.kill('SIGTERM')
  const slow = fetch(`${url}/slow`)
  const sent = await Promise.all(senders)
  expect(sent.flatMap(({ failed }) => failed)).toEqual([])
  expect((await slow.then((response) => response.json())) as unknown).toBe('done')
  expect(await stream.text()).toBe(': open\n\ndata: first\n\n')
  expect(await closed).toBe(1001)

  // The streams have ended, so the server takes no connections any more; what it had begun to receive it finishes.
  expect((await new RawClient(port).write(`${head}{"n":1}`).answer()).status).toBe('closed')
  const { text } = await half.write(':1}').answer('\r\n\r\n1')
  expect(text).toStartWith('HTTP/1.1 200')
  expect(await child.exited).toBe(0)
  expect(output()).toContain('HTTP has stopped')
}, 60_000)
