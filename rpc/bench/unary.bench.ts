/**
 * CPU microseconds of the server per unary call, ours against plain connect-es and grpc-js on Bun, in one interleaved run:
 * `bun rpc/bench/unary.bench.ts [rounds] [calls per round]`. Requests per second follow the load of the machine and are not
 * printed. Trap: the first round of each server warms it up and is not counted.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { create, toBinary } from '@bufbuild/protobuf'
import { Client, credentials } from '@grpc/grpc-js'
import { HelloRequestSchema } from '../test/greeter.ts'

const rounds = Number(process.argv[2] ?? 5)
const calls = Number(process.argv[3] ?? 5_000)
const inFlight = 32
const request = toBinary(HelloRequestSchema, create(HelloRequestSchema, { name: 'Ada' }))

type Call = () => Promise<unknown>

const contenders: readonly { name: string; server: string; connect: (port: number) => Call }[] = [
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

const running = await Promise.all(
  contenders.map(async (contender) => {
    const server = Bun.spawn(['bun', join(import.meta.dir, 'server.ts'), contender.server], {
      stdout: 'pipe',
      stderr: 'ignore',
    })
    const port = await portOf(server.stdout)
    return { ...contender, server, call: contender.connect(port), micros: [] as number[] }
  }),
)
for (let round = 0; round <= rounds; round++) {
  for (const { server, call, micros } of running) {
    const before = cpuMicros(server.pid)
    await run(call)
    if (round > 0) micros.push((cpuMicros(server.pid) - before) / calls)
  }
}
for (const { server } of running) server.kill()
console.log(
  Bun.inspect.table(
    running.map(({ name, micros }) => ({ name, 'CPU us per call (median)': median(micros).toFixed(0) })),
  ),
)
process.exit(0)

/** Logs may come before it. */
async function portOf(output: ReadableStream<Uint8Array>): Promise<number> {
  let text = ''
  for await (const chunk of output) {
    text += new TextDecoder().decode(chunk)
    const port = /^listening on (\d+)$/m.exec(text)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`a server of the bench did not start: ${text}`)
}

async function run(call: Call): Promise<void> {
  let left = calls
  const worker = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
}

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

/** User and system time of a process, from ticks of 10 ms. */
function cpuMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
