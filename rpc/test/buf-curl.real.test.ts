/** A foreign client that learns the contract by reflection: `buf curl`, which is connect-go. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { RpcServer } from '../index.ts'
import { greeterApp } from './greeter-app.ts'

const buf = Bun.fileURLToPath(import.meta.resolve('@bufbuild/buf/bin/buf'))
const app = greeterApp()
let address = ''

beforeAll(async () => {
  await app.start()
  address = `http://127.0.0.1:${(await app.resolve(RpcServer)).port}`
})
afterAll(() => app.stop())

async function curl(protocol: string, method: string, data: string): Promise<{ output: unknown[]; errors: string }> {
  const command = [
    buf,
    'curl',
    '--protocol',
    protocol,
    '--http2-prior-knowledge',
    '--data',
    data,
    `${address}/greeter.v1.Greeter/${method}`,
  ]
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'pipe' })
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { output: Bun.JSONL.parse(output.replace(/\n(?!\{)/g, ' ')), errors }
}

for (const protocol of ['grpc', 'grpcweb', 'connect']) {
  describe(protocol, () => {
    test('unary', async () => {
      expect((await curl(protocol, 'SayHello', '{"name":"Ada"}')).output).toEqual([
        { message: 'Hello, Ada', index: -1 },
      ])
    })

    test('server stream', async () => {
      expect((await curl(protocol, 'SayHelloStream', '{"name":"Ada","times":3}')).output).toHaveLength(3)
    })

    test('client stream', async () => {
      expect((await curl(protocol, 'RecordRoute', '{"name":"a"}{"name":"b"}')).output).toMatchObject([
        { count: 2, names: ['a', 'b'] },
      ])
    })

    test('bidi stream', async () => {
      expect((await curl(protocol, 'RouteChat', '{"name":"a"}{"name":"b"}')).output).toMatchObject([
        { message: 'Hello, a' },
        { message: 'Hello, b' },
      ])
    })

    test('an error with details', async () => {
      const { errors } = await curl(protocol, 'SayHello', '{"name":"missing"}')
      expect(JSON.parse(errors)).toMatchObject({
        code: 'not_found',
        details: [{ type: 'greeter.v1.HelloRequest', value: 'CgZkZXRhaWw' }],
      })
    })
  })
}
