/** Our client against a foreign server: Python's grpcio. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createRpcClient, type RpcClient } from '../index.ts'
import { GreeterContract } from './greeter.ts'
import { pythonWithGrpc } from './python.ts'

const python = pythonWithGrpc()

describe.skipIf(python === undefined)('a grpcio server (needs python3-grpcio)', () => {
  let client: RpcClient<typeof GreeterContract>
  let lines: AsyncGenerator<string>
  let stop = () => {}

  beforeAll(async () => {
    const server = Bun.spawn([python ?? '', join(import.meta.dir, 'python/server.py')], {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    lines = readLines(server.stdout)
    stop = () => void server.stdin.end()
    const port = (await lines.next()).value as string
    client = createRpcClient(GreeterContract, { baseUrl: `http://127.0.0.1:${port}`, protocol: 'grpc', gzip: true })
  })
  afterAll(() => stop())

  test('unary', async () => {
    expect((await client.SayHello({ name: 'Ada' })).message).toBe('Ada')
    expect((await client.SayHello({ name: 'x'.repeat(1_000_000) })).message).toHaveLength(1_000_000)
  })

  test('server stream', async () => {
    const names: string[] = []
    for await (const reply of client.SayHelloStream({ name: 'Ada' })) names.push(reply.message)
    expect(names).toEqual(['Ada', 'Ada', 'Ada'])
    expect((await lines.next()).value).toBe('ended')
  })

  test('client stream', async () => {
    async function* many() {
      for (let index = 0; index < 100; index++) yield { name: String(index) }
    }
    expect((await client.RecordRoute(many())).count).toBe(100)
  })

  test('bidi stream', async () => {
    async function* three() {
      for (const name of 'abc') yield { name }
    }
    const names: string[] = []
    for await (const reply of client.RouteChat(three())) names.push(reply.message)
    expect(names).toEqual(['a', 'b', 'c'])
  })

  test('an error keeps its code, text and metadata', async () => {
    const error: unknown = await client.SayHello({ name: 'missing' }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ statusName: 'NOT_FOUND', message: 'kein Müller: 50%' })
    expect((error as { metadata: Headers }).metadata.get('x-why')).toBe('because')
  })

  test('a deadline', async () => {
    expect(await client.SayHello({ name: 'wait' }, { timeoutMs: 50 }).catch((error) => error)).toMatchObject({
      statusName: 'DEADLINE_EXCEEDED',
    })
  })

  test('leaving the loop ends the call on the server', async () => {
    for await (const reply of client.SayHelloStream({ name: 'forever' })) {
      expect(reply.message).toBe('forever')
      break
    }
    expect((await lines.next()).value).toBe('ended')
  })
})

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    const parts = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
}
