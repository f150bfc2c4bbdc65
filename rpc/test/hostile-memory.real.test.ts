/**
 * What bombs and slow readers cost: a server in an OS process of its own, its memory read from the system. And callers of
 * the HTTP port that are gone in the middle of a call of each kind.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { frame } from './matrix/envelopes.ts'
import { fetchConnect } from './matrix/fetch-callers.ts'
import { questionBytes } from './matrix/messages.ts'
import { serveProgram } from './matrix/serve-program.ts'
import type { Served } from './matrix/served.ts'

const mebibyte = 1024 * 1024
/** More than what garbage and allocators take for a while, much less than one bomb or one unread stream. */
const allowance = 200 * mebibyte
let served: Served
let pid: number

beforeAll(async () => {
  const command = [process.execPath, join(import.meta.dir, 'greeter-program.ts')]
  const program = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' })
  pid = program.pid
  served = await serveProgram(program)
})
afterAll(() => served.stop())
afterEach(async () => {
  const caller = await fetchConnect.connect({ address: served.http, gzip: false })
  expect(await caller.call({ method: 'SayHello', questions: [{ name: 'Ada' }] })).toMatchObject({ code: 0 })
})

/** The most memory that the server has had, in bytes. */
function peak(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

describe('a bomb of 512 MiB, ten times', () => {
  const bomb = Bun.gzipSync(new Uint8Array(512 * mebibyte), { level: 9 })
  const framed = new Uint8Array(5 + bomb.length)
  framed[0] = 1
  new DataView(framed.buffer).setUint32(1, bomb.length)
  framed.set(bomb, 5)

  const bodies: Readonly<Record<string, readonly [Uint8Array<ArrayBuffer>, Record<string, string>]>> = {
    'SayHello over Connect': [bomb, { 'content-type': 'application/proto', 'content-encoding': 'gzip' }],
    'RecordRoute over Connect': [
      framed,
      { 'content-type': 'application/connect+proto', 'connect-content-encoding': 'gzip' },
    ],
    'SayHello over gRPC-Web': [framed, { 'content-type': 'application/grpc-web+proto', 'grpc-encoding': 'gzip' }],
  }
  for (const [name, [body, headers]] of Object.entries(bodies)) {
    test(
      name,
      async () => {
        const before = peak()
        const [method] = name.split(' ')
        for (let index = 0; index < 10; index++) {
          const url = `http://${served.http}/greeter.v1.Greeter/${method}`
          const response = await fetch(url, { method: 'POST', body, headers })
          expect((await response.text()) + response.headers.get('grpc-status')).toMatch(/resource_exhausted|8/)
        }
        expect(peak() - before).toBeLessThan(allowance)
      },
      60_000,
    )
  }

  for (const method of ['SayHello', 'RouteChat']) {
    test(`${method} over gRPC`, async () => {
      const before = peak()
      const session = connectHttp2(`http://${served.grpc}`)
      for (let index = 0; index < 10; index++) {
        const stream = session.request(grpcHeaders(method, { 'grpc-encoding': 'gzip' }))
        const status = new Promise((resolve) => {
          const note = (headers: Record<string, unknown>) => {
            if (headers['grpc-status'] !== undefined) resolve(headers['grpc-status'])
          }
          stream.on('response', note)
          stream.on('trailers', note)
        })
        stream.resume()
        stream.end(framed)
        expect(await status).toBe('8')
      }
      session.close()
      expect(peak() - before).toBeLessThan(allowance)
    }, 60_000)
  }
})

describe('twenty readers who read nothing of a gigabyte each', () => {
  const question = (note: string) => frame(questionBytes({ name: 'x'.repeat(10_000), times: 100_000, note }))

  test('gRPC', async () => {
    const before = peak()
    const session = connectHttp2(`http://${served.grpc}`)
    session.on('error', () => {})
    const notes = Array.from({ length: 20 }, () => crypto.randomUUID())
    for (const note of notes) {
      const stream = session.request(grpcHeaders('SayHelloStream'))
      stream.on('error', () => {})
      const begun = new Promise((resolve) => stream.once('response', resolve))
      stream.end(question(note))
      await begun
    }
    await otherCalls()
    expect(peak() - before).toBeLessThan(allowance)
    session.destroy()
    for (const note of notes) expect(await served.ended(note)).toBe('cut off')
  }, 60_000)

  test('Connect', async () => {
    const before = peak()
    const notes = Array.from({ length: 20 }, () => crypto.randomUUID())
    const sockets = await Promise.all(notes.map((note) => post('SayHelloStream', question(note))))
    for (const socket of sockets) {
      await new Promise((resolve) => socket.once('readable', resolve))
      socket.pause()
    }
    await otherCalls()
    expect(peak() - before).toBeLessThan(allowance)
    for (const socket of sockets) socket.destroy()
    for (const note of notes) expect(await served.ended(note)).toBe('cut off')
  }, 60_000)
})

describe('callers of the HTTP port who are gone in the middle', () => {
  for (const method of ['SayHello', 'SayHelloStream', 'RecordRoute', 'RouteChat']) {
    test(`${method}: while the handler waits`, async () => {
      const note = crypto.randomUUID()
      const socket = await post(method, frame(questionBytes({ name: 'wait', note })))
      await served.started(note)
      socket.destroy()
      expect(await served.ended(note)).toBe('cut off')
    })
  }

  for (const method of ['RecordRoute', 'RouteChat']) {
    test(`${method}: between two messages`, async () => {
      const note = crypto.randomUUID()
      const socket = await post(method, frame(questionBytes({ name: 'Ada', note })), 1_000)
      await served.started(note)
      socket.destroy()
      expect(await served.ended(note)).toBe('cut off')
    })

    test(`${method}: within a message`, async () => {
      const note = crypto.randomUUID()
      const message = frame(questionBytes({ name: 'Ada', note }))
      const socket = await post(method, Uint8Array.from([...message, ...message.subarray(0, 9)]), 1_000)
      await served.started(note)
      socket.destroy()
      expect(await served.ended(note)).toBe('cut off')
    })
  }
})

function grpcHeaders(method: string, more: Record<string, string> = {}) {
  return {
    ':method': 'POST',
    ':path': `/greeter.v1.Greeter/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...more,
  }
}

/** Time for the server to send what nobody reads: as long as 2,000 calls of others take. */
async function otherCalls(): Promise<void> {
  const caller = await fetchConnect.connect({ address: served.http, gzip: false })
  for (let index = 0; index < 20; index++) {
    const call = () => caller.call({ method: 'SayHello', questions: [{ name: 'Bo' }] })
    await Promise.all(Array.from({ length: 100 }, call))
  }
}

/** Sends a request of gRPC-Web or Connect on a socket of its own, announcing `missing` bytes more than there are. */
async function post(method: string, body: Uint8Array<ArrayBuffer>, missing = 0): Promise<Socket> {
  const [host = '', port] = served.http.split(':')
  const socket = connect(Number(port), host)
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  const type = method === 'SayHello' ? 'application/grpc-web+proto' : 'application/connect+proto'
  const head = [
    `POST /greeter.v1.Greeter/${method} HTTP/1.1`,
    `host: ${host}`,
    `content-type: ${type}`,
    `content-length: ${body.length + missing}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  socket.write(body)
  return socket
}
