/** What the typed client sends as a body, by what the caller gives. */
import { expect, test } from 'bun:test'
import { createController, defineModel, field, JustScale, refOf } from '@justscale/core'
import { z } from 'zod'
import { createClient, Get, HttpFeature, HttpServer, Post } from '../index.ts'
import { keptLog } from './quiet.ts'

class Order extends defineModel({ name: 'Order', fields: { title: field.string() } }) {}

const bodies = createController({
  routes: () => ({
    json: Post('/json')
      .body(z.object({ a: z.number(), order: refOf(Order) }))
      .handle(({ body }) => ({ a: body.a, order: body.order.identifier })),
    text: Post('/text')
      .body(z.string(), { type: 'text' })
      .handle(({ body }) => body),
    quoted: Post('/quoted')
      .body(z.string())
      .handle(({ body }) => body),
    bytes: Post('/bytes')
      .body(z.instanceof(Uint8Array<ArrayBuffer>), { type: 'bytes' })
      .handle(({ body }) => body.length),
    upload: Post('/upload')
      .body(z.object({ file: z.file(), tags: z.array(z.string()), order: refOf(Order) }), { type: 'form' })
      .handle(async ({ body }) => ({ text: await body.file.text(), tags: body.tags, order: body.order.identifier })),
    form: Post('/form')
      .body(z.object({ a: z.string(), b: z.array(z.string()) }), { type: 'form' })
      .handle(({ body }) => body),
    query: Get('/query')
      .query(z.object({ order: refOf(Order), tags: z.array(z.string()) }))
      .handle(({ query }) => ({ order: query.order.identifier, tags: query.tags })),
    header: Post('/header').handle(({ request }) => request.headers.get('x-one')),
  }),
})
const app = JustScale()
  .add(keptLog().sink)
  .add(bodies)
  .add(HttpFeature({ port: 0 }))
  .build()
const client = createClient<typeof bodies>({
  fetch: async (request) => (await app.resolve(HttpServer)).fetch(request),
  headers: { 'X-One': 'all' },
})
const order = 'o-1' as never

test('an object is JSON, and a reference in it its text', async () => {
  expect(await client.post('/json', { body: { a: 1, order } })).toEqual({ a: 1, order: 'o-1' })
})

test('a text is JSON, or plain where the content type says so', async () => {
  expect(await client.post('/quoted', { body: 'hi' })).toBe('hi')
  expect(await client.post('/text', { body: 'hi', headers: { 'Content-Type': 'text/plain' } })).toBe('hi')
})

test('bytes are sent as they are', async () => {
  expect(await client.post('/bytes', { body: new Uint8Array(5) })).toBe(5)
})

test('an object with a file is a form', async () => {
  const file = new File(['content'], 'a.txt')
  expect(await client.post('/upload', { body: { file, tags: ['x', 'y'], order } })).toEqual({
    text: 'content',
    tags: ['x', 'y'],
    order: 'o-1',
  })
})

test.each(['application/x-www-form-urlencoded', 'multipart/form-data'])(
  '%s makes a form of an object',
  async (type) => {
    const body = { a: '1 & 2', b: ['x', 'y'] }
    expect(await client.post('/form', { body, headers: { 'content-type': type } })).toEqual(body)
  },
)

test('lists and references of a query are repeated and texts', async () => {
  expect(await client.get('/query', { query: { order, tags: ['a b', 'c'] } })).toEqual({
    order: 'o-1',
    tags: ['a b', 'c'],
  })
})

test('an answer that is no problem document has a status all the same', async () => {
  const proxied = createClient<typeof bodies>({
    fetch: async () => new Response('<h1>Bad Gateway</h1>', { status: 502 }),
  })
  const error = await proxied.post('/header').catch((caught: unknown) => caught)
  expect(error).toMatchObject({ status: 502, problem: undefined })
})

test('a header of the call goes before that of the client', async () => {
  expect(await client.post('/header')).toBe('all')
  expect(await client.post('/header', { headers: { 'x-one': 'mine' } })).toBe('mine')
})
