/** What hostile or slow clients cost an OS process: hundreds of megabytes are sent or asked for, and it keeps none of them. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { RawClient } from './raw-client.ts'
import { serve, type ServingProcess } from './serving-process.ts'

const MEGABYTE = 1_000_000
/** Sent or asked for in each case. */
const MUCH = 400 * MEGABYTE
/** What the process may use more afterwards: buffers of connections, and what its allocator keeps. */
const LITTLE = 60 * MEGABYTE

let server: ServingProcess
beforeAll(async () => {
  server = await serve()
  // Once through every path, so that what is made once is there.
  await (await fetch(`${server.url}/upload`, { method: 'POST', body: new Uint8Array(MEGABYTE) })).text()
})
afterAll(async () => {
  server.child.kill()
  await server.child.exited
})

/** How much more memory the process uses while `work` has done its worst. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = await server.memory()
  await work()
  return (await server.memory()) - before
}

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(MEGABYTE)
  for (let n = 0; n < count; n++) yield chunk
}

test('an upload is not kept', async () => {
  const grown = await growth(async () => {
    const body = megabytes(MUCH / MEGABYTE) as never
    const response = await fetch(`${server.url}/upload`, { method: 'POST', body })
    expect(await response.json()).toBe(MUCH)
  })

  expect(grown).toBeLessThan(LITTLE)
}, 60_000)

test('an upload that nobody reads waits with its sender', async () => {
  let taken = 0
  const stuck = Promise.withResolvers<void>()
  async function* counted() {
    for await (const chunk of megabytes(MUCH / MEGABYTE)) {
      taken += chunk.length
      yield chunk
      if (taken >= 2 * MEGABYTE) stuck.resolve()
    }
  }
  const upload = fetch(`${server.url}/held`, { method: 'POST', body: counted() as never })
  const grown = await growth(async () => {
    await stuck.promise
    // Requests that the server answers meanwhile: it has had every chance to take more.
    for (let n = 0; n < 200; n++) await fetch(`${server.url}/healthz`)
  })
  expect(taken).toBeLessThan(MUCH / 4)

  expect(grown).toBeLessThan(LITTLE)
  await fetch(`${server.url}/release`, { method: 'POST' })
  expect(await (await upload).json()).toBe(MUCH)
}, 60_000)

test.each(['/endless', '/flood'])(
  'clients that do not read %s make it wait',
  async (path) => {
    const clients = Array.from({ length: 40 }, () => new RawClient(server.port))
    const grown = await growth(async () => {
      for (const client of clients) {
        await client.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).answer()
        client.pause()
      }
      for (let n = 0; n < 500; n++) await fetch(`${server.url}/healthz`)
    })
    for (const client of clients) client.destroy()

    expect(grown).toBeLessThan(LITTLE)
  },
  60_000,
)

test('a body without end is refused once it is too long', async () => {
  const grown = await growth(async () => {
    const answers = Array.from({ length: 20 }, async () => {
      const client = new RawClient(server.port)
      client.write(
        'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
      )
      const chunk = `186a0\r\n${'1'.repeat(100_000)}\r\n`
      for (let n = 0; n < 200 && !client.closed; n++) {
        client.write(chunk)
        await Bun.sleep(0)
      }
      const { status } = await client.answer()
      client.destroy()
      return status
    })
    // One that was still sending when the connection was closed may not see the answer.
    for (const status of await Promise.all(answers)) expect(status).toMatch(/413|closed/)
  })

  expect(grown).toBeLessThan(LITTLE)
}, 60_000)

test('sockets that flood are closed, those that do not read are waited for', async () => {
  const open = async (path: string) => {
    const socket = new WebSocket(server.url.replace('http', 'ws') + path)
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    return socket
  }
  const codes: number[] = []
  const grown = await growth(async () => {
    for (let round = 0; round < 50; round++) {
      const socket = await open(round % 2 === 0 ? '/deaf' : '/socket')
      const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)))
      for (let n = 0; n < 200; n++) socket.send(JSON.stringify('x'.repeat(50_000)))
      codes.push(await closed)
    }
  })
  expect(new Set(codes)).toEqual(new Set([1008]))

  expect(grown).toBeLessThan(LITTLE)
}, 60_000)

test('thousands of streams and sockets that come and go leave nothing behind', async () => {
  const stream = async () => {
    const response = await fetch(`${server.url}/ticks`)
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.cancel()
  }
  const socket = async () => {
    const opened = new WebSocket(`${server.url.replace('http', 'ws')}/socket`)
    await new Promise((resolve) => opened.addEventListener('open', resolve))
    const closed = new Promise((resolve) => opened.addEventListener('close', resolve))
    opened.close()
    await closed
  }
  const comeAndGo = async (count: number) => {
    let left = count
    const client = async () => {
      while (left-- > 0) await (left % 2 === 0 ? stream() : socket())
    }
    await Promise.all(Array.from({ length: 30 }, client))
  }
  await comeAndGo(1000)
  expect(await growth(() => comeAndGo(5000))).toBeLessThan(LITTLE / 2)
  const open = async () => (await fetch(`${server.url}/metrics`)).text()
  for (const kind of ['event_streams', 'web_sockets'])
    while (!(await open()).includes(`http_${kind} 0\n`)) await Bun.sleep(1)
}, 60_000)

test('nonsense, ten thousand times, leaves nothing behind', async () => {
  const nonsense = [
    'nonsense\r\n\r\n',
    `GET /${'x'.repeat(10_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
    `GET /slow HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(30_000)}\r\n\r\n`,
    'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{',
  ]
  const grown = await growth(async () => {
    for (let round = 0; round < 100; round++) {
      const clients = Array.from({ length: 100 }, (_, n) => new RawClient(server.port).write(nonsense[n % 4] ?? ''))
      await Promise.all(clients.map((client, n) => (n % 4 === 3 ? undefined : client.answer())))
      for (const client of clients) client.destroy()
    }
  })

  expect(grown).toBeLessThan(LITTLE)
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  // One series per route, method and status, whatever the addresses were.
  expect(metrics.split('\n').filter((line) => line.includes('_count{')).length).toBeLessThan(20)
}, 60_000)
