/** A caller that resets its stream in the middle of an answer, seen frame by frame: an HTTP/2 client would hide what comes after. */
import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { create, toBinary } from '@bufbuild/protobuf'
import { RpcServer } from '../index.ts'
import { greeterApp, Seen } from './greeter-app.ts'
import { HelloRequestSchema } from './greeter.ts'

const type = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6 }
const flag = { ack: 1, endStream: 1, endHeaders: 4 }
const cancel = 8

interface Frame {
  readonly kind: number
  readonly flags: number
}

function frame(kind: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(kind, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** HPACK: each a literal that is not kept. */
function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const text = (value: string) => Buffer.from([value.length, ...Buffer.from(value)])
  return Buffer.concat(
    Object.entries(headers).map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)])),
  )
}

/** Resolves with the frames that the server sent before it answered the ping. */
async function framesUntilPong(port: number, call: Buffer, started: Promise<void>): Promise<Frame[]> {
  const socket = connect(port, '127.0.0.1')
  const frames: Frame[] = []
  const pong = Promise.withResolvers<void>()
  const answering = Promise.withResolvers<void>()
  let rest = Buffer.alloc(0)
  socket.on('error', pong.reject)
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const kind = rest.readUInt8(3)
      const flags = rest.readUInt8(4)
      frames.push({ kind, flags })
      rest = rest.subarray(9 + rest.readUIntBE(0, 3))
      if (kind === type.data) answering.resolve()
      if (kind === type.ping && flags === flag.ack) pong.resolve()
    }
  })
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(type.settings, 0, 0), call]))
  await Promise.all([started, answering.promise])
  const code = Buffer.alloc(4)
  code.writeUInt32BE(cancel)
  socket.write(Buffer.concat([frame(type.reset, 0, 1, code), frame(type.ping, 0, 0, Buffer.alloc(8))]))
  await pong.promise
  socket.destroy()
  return frames
}

test('an answer whose stream is reset does not end with trailers that say OK', async () => {
  const app = greeterApp()
  await app.start()
  const { port } = await app.resolve(RpcServer)
  const seen = (await app.resolve(Seen)).call('reset')
  const headers = headerBlock({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': '/greeter.v1.Greeter/SayHelloStream',
    ':authority': 'localhost',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  const request = create(HelloRequestSchema, { name: 'wait', times: 1, extra: { case: 'note', value: 'reset' } })
  const message = toBinary(HelloRequestSchema, request)
  const envelope = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message])
  const call = Buffer.concat([
    frame(type.headers, flag.endHeaders, 1, headers),
    frame(type.data, flag.endStream, 1, envelope),
  ])
  const frames = await framesUntilPong(port ?? 0, call, seen.started.promise)
  expect(await seen.ended.promise).toBe('cut off')
  expect(frames.filter(({ kind }) => kind === type.headers)).toEqual([{ kind: type.headers, flags: flag.endHeaders }])
  await app.stop()
})
