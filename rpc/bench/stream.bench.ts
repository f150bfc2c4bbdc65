/**
 * CPU microseconds of the server per streamed message, ours against plain connect-es and grpc-js on Bun:
 * `bun rpc/bench/stream.bench.ts [rounds] [calls per round]`, with 1,000 messages for each call.
 */
import { create, toBinary } from '@bufbuild/protobuf'
import { Client, credentials } from '@grpc/grpc-js'
import { HelloRequestSchema } from '../test/greeter.ts'
import { frame } from '../test/matrix/envelopes.ts'
import { compare, type Call, type Contender } from './measure.ts'

const rounds = Number(process.argv[2] ?? 5)
const calls = Number(process.argv[3] ?? 40)
const messages = 1_000
const path = '/greeter.v1.Greeter/SayHelloStream'
const request = toBinary(HelloRequestSchema, create(HelloRequestSchema, { name: 'Ada', times: messages }))

const contenders: readonly Contender[] = [
  { name: 'gRPC, ours', server: 'ours', connect: grpc },
  { name: 'gRPC, connect-es', server: 'connect-es', connect: grpc },
  { name: 'gRPC, grpc-js', server: 'grpc-js', connect: grpc },
  { name: 'Connect binary, ours', server: 'ours-connect', connect: http },
  { name: 'Connect binary, connect-es', server: 'connect-es-connect', connect: http },
]

await compare('message', contenders, { rounds, calls, inFlight: 8, per: messages })
process.exit(0)

function grpc(port: number): Call {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const same = (value: Buffer) => value
  return async () => {
    let received = 0
    const stream = client.makeServerStreamRequest(path, same, same, Buffer.from(request))
    stream.on('data', () => received++)
    await new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject))
    if (received !== messages) throw new Error(`${received} messages came`)
  }
}

function http(port: number): Call {
  const body = frame(request)
  return async () => {
    const headers = { 'content-type': 'application/connect+proto' }
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, headers })
    const bytes = await response.bytes()
    if (!response.ok || bytes.length < messages * 5) throw new Error(`status ${response.status}, ${bytes.length} bytes`)
  }
}
