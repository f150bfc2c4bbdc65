/** Event streams that nobody reads: their requests had been answered before they began, or they are none. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createController, JustScale } from '@justscale/core'
import { HttpFeature, SSE } from '../index.ts'
import { keptLog } from './quiet.ts'
import { caller, ways } from './ways.ts'

let gate = Promise.withResolvers<void>()
let ended = Promise.withResolvers<void>()

const streams = createController({
  routes: () => ({
    late: SSE('/late')
      .use(() => gate.promise)
      .handle(async function* () {
        try {
          for (;;) yield { data: 1 }
        } finally {
          ended.resolve()
        }
      }),
    none: SSE('/none').handle((() => undefined) as never),
  }),
})
const app = JustScale()
  .add(keptLog().sink)
  .add(streams)
  .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0, requestTimeout: 20 }))
  .build()
beforeAll(() => app.start())
afterAll(() => app.stop())

describe.each(ways)('over %s', (way) => {
  const call = caller(app, way)
  const open = async () => /^http_event_streams (.+)$/m.exec(await (await call('/metrics')).text())?.[1]

  test('a stream that comes after its 504 ends at once', async () => {
    gate = Promise.withResolvers()
    ended = Promise.withResolvers()
    expect((await call('/late')).status).toBe(504)
    gate.resolve()
    await ended.promise
    expect(await open()).toBe('0')
  })

  test('a handler that gives no stream is a 500, and nothing stays open', async () => {
    expect((await call('/none')).status).toBe(500)
    expect(await open()).toBe('0')
  })
})
