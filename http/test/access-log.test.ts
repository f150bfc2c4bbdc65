import { createController, JustScale } from '@justscale/core'
import { expect, test } from 'bun:test'
import { Get, HttpFeature, HttpServer, OpenApiFeature } from '../index.ts'
import { keptLog } from './quiet.ts'

test('requests are told, pages of the framework only to whoever debugs, or when they fail', async () => {
  const { lines, sink } = keptLog()
  const hello = createController({ name: 'hello', routes: () => ({ say: Get('/hello').handle(() => 'hello') }) })
  const app = JustScale()
    .add(sink)
    .add(hello)
    .add(OpenApiFeature)
    .add(HttpFeature({ port: 0, readinessDelay: 0 }))
    .build()
  const server = await app.resolve(HttpServer)
  // Not started: so `/readyz` says that it is not ready.
  for (const path of ['/hello', '/healthz', '/docs', '/openapi.json', '/readyz', '/nowhere']) await server.fetch(path)
  const told = lines.filter(({ message }) => message.join('').startsWith('GET '))
  expect(told.map(({ level, message }) => `${level} ${message.join('')}`)).toEqual([
    'info GET /hello',
    'debug GET /healthz',
    'debug GET /docs',
    'debug GET /openapi.json',
    'info GET /readyz',
    'info GET /nowhere',
  ])
  await app.stop()
})
