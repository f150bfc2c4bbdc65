/**
 * CPU microseconds of the server per unary call, ours against plain connect-es and grpc-js on Bun:
 * `bun rpc/bench/unary.bench.ts [rounds] [calls per round]`.
 */
import { create, toBinary } from '@bufbuild/protobuf'
import { Client, credentials } from '@grpc/grpc-js'
import { HelloRequestSchema } from '../test/greeter.ts'
import { compare, type Call, type Contender } from './measure.ts'

const rounds = Number(process.argv[2] ?? 5)
const calls = Number(process.argv[3] ?? 5_000)
const request = toBinary(HelloRequestSchema, create(HelloRequestSchema, { name: 'Ada' }))

const contenders: readonly Contender[] = [
  { name: 'gRPC, ours', server: 'ours', connect: grpc },
  { name: 'gRPC, connect-es', server: 'connect-es', connect: grpc },
  { name: 'gRPC, grpc-js', server: 'grpc-js', connect: grpc },
  { name: 'Connect binary, ours', server: 'ours-connect', connect: (port) => http(port, 'application/proto', request) },
  {
    name: 'Connect binary, connect-es',
    server: 'connect-es-connect',
    connect: (port) => http(port, 'application/proto', request),
  },
  {
    name: 'Connect JSON, ours',
    server: 'ours-connect',
    connect: (port) => http(port, 'application/json', '{"name":"Ada"}'),
  },
  {
    name: 'Connect JSON, connect-es',
    server: 'connect-es-connect',
    connect: (port) => http(port, 'application/json', '{"name":"Ada"}'),
  },
]

await compare('call', contenders, { rounds, calls, inFlight: 32, per: 1 })
process.exit(0)

function grpc(port: number): Call {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const bytes = Buffer.from(request)
  const same = (value: Buffer) => value
  return () =>
    new Promise((resolve, reject) =>
      client.makeUnaryRequest('/greeter.v1.Greeter/SayHello', same, same, bytes, (error) =>
        error ? reject(error) : resolve(undefined),
      ),
    )
}

function http(port: number, contentType: string, body: string | Uint8Array<ArrayBuffer>): Call {
  const url = `http://127.0.0.1:${port}/greeter.v1.Greeter/SayHello`
  return async () => {
    const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': contentType } })
    if (!response.ok) throw new Error(`status ${response.status}`)
    await response.arrayBuffer()
  }
}
