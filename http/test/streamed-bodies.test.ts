import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createController, defineService, JustScale } from '@justscale/core'
import { requireCell } from '@justscale/core/cell'
import { Get, HttpFeature, HttpServer, Post } from '../index.ts'
import { keptLog } from './quiet.ts'

class People extends defineService({
  factory: () => ({
    async *names() {
      for (const name of ['ada', 'grace']) yield Promise.resolve(`${name} in ${requireCell('a read').name}`)
    },
  }),
}) {}

let cleaned: () => void = () => {}

const bodies = createController({
  inject: { people: People },
  routes: ({ people }) => ({
    names: Get('/names.csv').handle(({ res }) =>
      res.stream(
        (async function* () {
          for await (const name of people.names()) yield `${name}\n`
        })(),
        'text/csv',
      ),
    ),
    broken: Post('/broken').handle(({ res }) =>
      res.stream(
        (async function* () {
          yield 'the beginning'
          throw new Error('the disk is gone')
        })(),
      ),
    ),
    endless: Get('/endless').handle(({ res }) =>
      res.stream(
        (async function* () {
          try {
            for (;;) yield new Uint8Array(64 * 1024)
          } finally {
            cleaned()
          }
        })(),
      ),
    ),
  }),
})

const { lines, sink } = keptLog()
const app = JustScale()
  .add(sink)
  .add(People)
  .add(bodies)
  .add(HttpFeature({ port: 0, host: '127.0.0.1' }))
  .build()
let base = ''
beforeAll(async () => {
  await app.start()
  base = (await app.resolve(HttpServer)).url
})
afterAll(() => app.stop())

describe('a body that a generator makes', () => {
  test('may use the app, each chunk in a cell of its own', async () => {
    const response = await fetch(`${base}/names.csv`)
    expect([response.headers.get('content-type'), await response.text()]).toEqual([
      'text/csv',
      'ada in GET /names.csv\ngrace in GET /names.csv\n',
    ])
  })

  test('breaks the connection when it throws, and is logged with the id of its request', async () => {
    const answered = fetch(`${base}/broken`, { method: 'POST', headers: { 'x-request-id': 'request-7' } })
    expect(await answered.then((response) => response.text()).catch((error: Error) => error)).toBeInstanceOf(Error)
    const told = lines.filter(({ rawMessage }) => rawMessage === 'POST /broken broke off')
    expect(told.map(({ properties }) => properties)).toMatchObject([
      { requestId: 'request-7', error: { message: 'the disk is gone' } },
    ])
  })

  test('is ended when its client goes', async () => {
    const ended = new Promise<void>((resolve) => (cleaned = resolve))
    const leave = new AbortController()
    const response = await fetch(`${base}/endless`, { signal: leave.signal })
    await response.body?.getReader().read()
    leave.abort()
    await ended
  })
})
