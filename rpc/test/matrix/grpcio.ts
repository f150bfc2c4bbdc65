/** Python's grpcio as a client of the matrix and as a server of it, each an OS process that is spoken to in lines of JSON. */
import { join } from 'node:path'
import { pythonWithGrpc } from '../python.ts'
import type { Caller, ClientKind, Outcome } from './caller.ts'
import { readLines } from './lines.ts'
import { serveProgram } from './serve-program.ts'
import type { Served } from './served.ts'

export const python = pythonWithGrpc()

export const grpcio: ClientKind = {
  name: 'Python grpcio',
  port: 'grpc',
  impossible: {},
  connect: async ({ address, gzip }) => grpcioCaller(gzip ? [address, 'gzip'] : [address]),
}

function spawnPython(script: string, options: readonly string[]) {
  const command = [python ?? '', join(import.meta.dir, 'python', script), ...options]
  return Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' })
}

function grpcioCaller(options: readonly string[]): Caller {
  const child = spawnPython('caller.py', options)
  const open = new Map<number, PromiseWithResolvers<Outcome>>()
  const say = (told: object) => {
    void child.stdin.write(`${JSON.stringify(told)}\n`)
    void child.stdin.flush()
  }
  const listen = async () => {
    for await (const line of readLines(child.stdout)) {
      const { id, outcome } = JSON.parse(line) as { id: number; outcome: Outcome }
      open.get(id)?.resolve(outcome)
      open.delete(id)
    }
    for (const call of open.values()) call.reject(new Error('the Python client has ended'))
  }
  void listen()
  let last = 0
  return {
    call(order) {
      const { cancel, ...rest } = order
      const id = ++last
      const outcome = Promise.withResolvers<Outcome>()
      open.set(id, outcome)
      say({ id, order: rest })
      void cancel?.then(() => say({ id, cancel: true }))
      return outcome.promise
    },
    async close() {
      child.kill()
      await child.exited
    },
  }
}

/** A greeter in Python, on the gRPC port only. */
export async function serveGrpcio(): Promise<Served> {
  return serveProgram(spawnPython('server.py', []))
}
