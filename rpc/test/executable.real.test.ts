/**
 * An app whose contract is a .proto file, as one executable that runs in an empty folder: held to the same matrix as the
 * app from source, by clients of which one knows the contract by reflection only.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BunPlugin } from 'bun'
import { protoPlugin } from '../plugin/index.ts'
import { bufCurl } from './matrix/buf-curl.ts'
import { describeMatrix } from './matrix/cells.ts'
import { fetchConnectJson } from './matrix/fetch-callers.ts'
import { grpcio, python } from './matrix/grpcio.ts'
import { serveProgram } from './matrix/serve-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'justscale-executable-'))
const outfile = join(folder, 'greeter')
const empty = join(folder, 'empty')

/** What the tests preload to import .proto files from source is not in the executable. */
const withoutPreload: BunPlugin = {
  name: 'without-preload',
  setup: (build) => void build.onLoad({ filter: /plugin\/register\.ts$/ }, () => ({ contents: '', loader: 'ts' })),
}

beforeAll(async () => {
  mkdirSync(empty)
  const entrypoints = [join(import.meta.dir, 'greeter-program.ts')]
  const plugins = [protoPlugin(), withoutPreload]
  const built = await Bun.build({ entrypoints, compile: { outfile }, minify: true, plugins })
  expect(built.success).toBe(true)
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

const start = () => Bun.spawn([outfile], { cwd: empty, stdin: 'pipe', stdout: 'pipe', stderr: 'inherit', env: {} })
const serve = () => serveProgram(start())

describe.skipIf(python === undefined)('needs python3-grpcio', () => describeMatrix(grpcio, serve))
describeMatrix(fetchConnectJson, serve)
describeMatrix(bufCurl('grpc'), serve)

test('health is told, and SIGTERM ends the program in order', async () => {
  const program = start()
  const { http } = await serveProgram(program)
  const asked = await fetch(`http://${http}/grpc.health.v1.Health/Check`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"service":"greeter.v1.Greeter"}',
  })
  expect(await asked.json()).toEqual({ status: 'SERVING' })
  program.kill('SIGTERM')
  expect(await program.exited).toBe(0)
})
