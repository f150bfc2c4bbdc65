/** The frames of a cancelled client stream: it is reset, and never ended cleanly before. */
import { expect, test } from 'bun:test'
import { createServer, type AddressInfo } from 'node:net'
import { createRpcClient } from '../index.ts'
import { GreeterContract } from '../test/greeter.ts'

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'.length
const emptySettings = [0, 0, 0, 4, 0, 0, 0, 0, 0]
const acknowledged = [0, 0, 0, 4, 1, 0, 0, 0, 0]

test('a client stream that is cancelled is reset, and not ended', async () => {
  const frames: string[] = []
  const asked = Promise.withResolvers<void>()
  const reset = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0)
    let skipped = false
    socket.write(Uint8Array.from([...emptySettings, ...acknowledged]))
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (!skipped && bytes.length >= preface) {
        bytes = bytes.subarray(preface)
        skipped = true
      }
      while (skipped && bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
        const length = bytes.readUIntBE(0, 3)
        const [type, flags] = [bytes[3], bytes[4] ?? 0]
        if (type === 0) frames.push((flags & 1) === 1 ? 'end' : 'message')
        if (type === 3) frames.push(`reset ${bytes.readUInt32BE(9)}`)
        if (type === 0) asked.resolve()
        if (type === 3) reset.resolve()
        bytes = bytes.subarray(9 + length)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = createRpcClient(GreeterContract, { baseUrl: `http://127.0.0.1:${port}`, protocol: 'grpc' })
  const controller = new AbortController()
  const call = client.RecordRoute(endless(), { signal: controller.signal }).catch((error: unknown) => error)
  await asked.promise
  controller.abort()
  expect(await call).toMatchObject({ statusName: 'CANCELLED' })
  await reset.promise
  expect(frames).toEqual(['message', 'reset 8'])
  server.close()
})

/** One message, and then none for ever. */
async function* endless(): AsyncGenerator<{ name: string }> {
  yield { name: 'Ada' }
  await new Promise(() => {})
}
