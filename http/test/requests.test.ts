import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { keptLog } from './quiet.ts'
import { describeRequests } from './request-behaviour.ts'
import { ran, requestsApp } from './requests-app.ts'
import { caller, ways } from './ways.ts'

const { lines, sink } = keptLog()
const app = requestsApp(sink)

beforeAll(() => app.start())
afterAll(() => app.stop())

for (const way of ways) {
  const call = caller(app, way)
  describeRequests(way, call)

  describe(`of requests over ${way}`, () => {
    test('tells clients nothing of unexpected errors, and the log all', async () => {
      const response = await call('/items/broken')
      const text = await response.text()
      expect(text).not.toContain('hunter2')
      const requestId = response.headers.get('x-request-id')
      const logged = lines.find((line) => line.level === 'error' && line.properties['requestId'] === requestId)
      expect(JSON.stringify(logged)).toContain('hunter2')
    })

    test('names the request in every line that its code logs', async () => {
      await call('/items/me', { headers: { authorization: 'good', 'x-request-id': `who-${way.length}` } })
      const looked = lines.filter((line) => line.message[0] === 'looked up')
      expect(looked.some((line) => line.properties['requestId'] === `who-${way.length}`)).toBe(true)
      expect(looked.every((line) => typeof line.properties['requestId'] === 'string')).toBe(true)
    })

    test('stops the chain at a denial and at an answer', () => {
      expect(ran).not.toContain('after denial')
      expect(ran).not.toContain('handler')
      expect(ran).toContain('aborted')
    })
  })
}
