/** A foreign client against our server: Python's grpcio, which is gRPC's C core. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { RpcServer } from '../index.ts'
import { greeterApp } from './greeter-app.ts'
import { pythonWithGrpc } from './python.ts'

const python = pythonWithGrpc()
const app = greeterApp()

beforeAll(() => app.start())
afterAll(() => app.stop())

test.skipIf(python === undefined)(
  'every check of a grpcio client passes (needs python3-grpcio)',
  async () => {
    const { port } = await app.resolve(RpcServer)
    const client = Bun.spawn([python ?? '', join(import.meta.dir, 'python/client.py'), `127.0.0.1:${port}`], {
      stdout: 'pipe',
      stderr: 'inherit',
    })
    const results = JSON.parse(await new Response(client.stdout).text()) as Record<string, string>
    expect(Object.keys(results).length).toBe(24)
    expect(Object.entries(results).filter(([, outcome]) => outcome !== 'ok')).toEqual([])
  },
  90_000,
)
