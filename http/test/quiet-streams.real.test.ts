/** Quiet for longer than the idle timeout: a silent connection is cut, a mounted handler's stream (RPC) is not. Takes seconds. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createContribution, FetchHandlers, JustScale } from '@justscale/core'
import { HttpFeature, HttpServer } from '../index.ts'
import { keptLog } from './quiet.ts'
import { RawClient } from './raw-client.ts'

const later = Promise.withResolvers<void>()
const mounted = createContribution(FetchHandlers, {
  factory: () => ({
    name: 'mounted',
    matches: (request: Request) => request.url.endsWith('/mounted'),
    async fetch() {
      const body = async function* () {
        yield 'first\n'
        await later.promise
        yield 'second\n'
      }
      return new Response(body() as unknown as ReadableStream)
    },
  }),
})
const app = JustScale()
  .add(keptLog().sink)
  .add(mounted)
  .add(HttpFeature({ port: 0, host: '127.0.0.1', idleTimeout: 1 }))
  .build()

beforeAll(() => app.start())
afterAll(() => app.stop())

test('streams of mounted handlers outlive the idle timeout', async () => {
  const { url, port } = await app.resolve(HttpServer)
  const stream = await fetch(`${url}/mounted`)
  // Begun after the stream became quiet, so when this one is cut the stream would have been.
  await Promise.all([1, 2].map(() => new RawClient(port).rest()))
  later.resolve()
  expect(await stream.text()).toBe('first\nsecond\n')
}, 60_000)
