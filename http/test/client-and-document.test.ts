import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createController, defineModel, field, JustScale, makePersistent, view, type Persistent } from '@justscale/core'
import { z } from 'zod'
import {
  createClient,
  Get,
  HttpCallError,
  HttpFeature,
  httpPrefixed,
  HttpServer,
  OpenApi,
  OpenApiFeature,
  Post,
  RouteConflictError,
  SSE,
} from '../index.ts'
import { keptLog } from './quiet.ts'

class Order extends defineModel({
  name: 'Order',
  fields: { title: field.string(), paid: field.boolean().default(false) },
}) {}
const OrderView = view(Order, { self: true, fields: ['title'] })
const Line = z.object({ sku: z.string(), count: z.int() }).meta({ id: 'Line' })
const OtherLine = z.object({ text: z.string() }).meta({ id: 'Line' })

const orders = createController('/orders', {
  routes: () => ({
    show: Get('/:order')
      .types({ Order })
      .returns(200, OrderView)
      .handle(({ order }) => stored(order.identifier)),
    list: Get('/')
      .query(z.object({ min: z.coerce.number().default(0) }))
      .returns(200, z.array(OrderView))
      .handle(({ query }) => (query.min > 5 ? [] : [stored('o-1')])),
    add: Post('/')
      .body(z.object({ lines: z.array(Line), other: OtherLine.optional() }))
      .returns(201, Line)
      .handle(({ body }) => body.lines[0] ?? { sku: 'none', count: 0 }),
    fails: Get('/fails').handle(({ res }) => res.error('No', 409)),
    ticks: SSE('/:order/ticks')
      .types({ Order })
      .handle(async function* ({ order }) {
        yield { event: 'tick', data: { of: order.identifier }, id: '1' }
        yield { data: 'plain' }
      }),
  }),
})
const admin = JustScale()
  .named('admin')
  .add(createController('/users', { routes: () => ({ list: Get('/').handle(() => ['ann']) }) }))
  .build()

const { sink } = keptLog()
const app = JustScale()
  .add(sink)
  .add(orders)
  .add(httpPrefixed('/admin', admin))
  .add(OpenApiFeature({ title: 'Orders <1>' }))
  .add(HttpFeature({ port: 0 }))
  .build()

function stored(key: string): Persistent<Order> {
  return makePersistent(app, Order, key, { title: 'A', paid: false }) as never
}

beforeAll(() => app.start())
afterAll(() => app.stop())

describe('the typed client', () => {
  const client = async () => {
    const server = await app.resolve(HttpServer)
    return createClient<typeof orders>({ fetch: (request) => server.fetch(request) })
  }

  test('calls routes by their paths', async () => {
    const orderClient = await client()
    const shown = await orderClient.get('/orders/:order', { params: { order: Order.ref('o-7') } })
    const title: string = shown.title
    expect([shown.self as string, title]).toEqual(['o-7', 'A'])
    expect(await orderClient.get('/orders', { query: { min: 6 } })).toEqual([])
    const line: { sku: string; count: number } = await orderClient.post('/orders', {
      body: { lines: [{ sku: 'x', count: 2 }] },
    })
    expect(line).toEqual({ sku: 'x', count: 2 })
  })

  test('rejects with the problem', async () => {
    const orderClient = await client()
    const error = await orderClient.get('/orders/fails').catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(HttpCallError)
    expect((error as HttpCallError).problem?.detail).toBe('No')
  })

  test('reads events', async () => {
    const orderClient = await client()
    const events = await Array.fromAsync(
      orderClient.events('/orders/:order/ticks', { params: { order: Order.ref('o-2') } }),
    )
    expect(events as unknown[]).toEqual([{ event: 'tick', data: { of: 'o-2' }, id: '1' }, { data: 'plain' }])
  })

  test('knows what routes take', async () => {
    const wrong = async () => {
      const orderClient = await client()
      // @ts-expect-error no such path
      await orderClient.get('/nothing')
      // @ts-expect-error the parameter is missing
      await orderClient.get('/orders/:order')
      // @ts-expect-error a count is a number
      await orderClient.post('/orders', { body: { lines: [{ sku: 'x', count: 'two' }] } })
    }
    expect(wrong).toBeFunction()
  })
})

describe('the document', () => {
  const json = async (path: string) => (await (await app.resolve(HttpServer)).fetch(path)).json()

  test('says what routes take and give', async () => {
    const document = await json('/openapi.json')
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Orders <1>' } })
    expect(Object.keys(document.paths).sort()).toEqual([
      '/admin/users',
      '/orders',
      '/orders/fails',
      '/orders/{order}',
      '/orders/{order}/ticks',
    ])
    const show = document.paths['/orders/{order}'].get
    expect(show.parameters).toEqual([
      {
        name: 'order',
        in: 'path',
        required: true,
        schema: { type: 'string', description: 'Reference to Order', 'x-justscale-ref': 'Order' },
      },
    ])
    expect(show.responses['200'].content['application/json'].schema.properties.self['x-justscale-ref']).toBe('Order')
    expect(document.paths['/orders'].get.parameters).toMatchObject([{ name: 'min', in: 'query', required: false }])
  })

  test('has one component for one shape, and two for two shapes of one name', async () => {
    const document = await json('/openapi.json')
    expect(Object.keys(document.components.schemas).sort()).toEqual(['Line', 'Line2', 'Problem'])
  })

  test('has a shape that is written otherwise than read under two names that say so', async () => {
    const Page = z.object({ size: z.number().default(10) }).meta({ id: 'Page' })
    const Same = z.object({ size: z.number() }).meta({ id: 'Same' })
    const pages = createController('/pages', {
      routes: () => ({
        read: Get('/')
          .returns(200, Page)
          .handle((() => undefined) as never),
        write: Post('/')
          .body(Page)
          .returns(200, Same)
          .handle(({ body }) => body),
        same: Post('/same')
          .body(Same)
          .handle(({ body }) => body),
      }),
    })
    const { document } = await JustScale().add(pages).add(OpenApiFeature).build().resolve(OpenApi)
    const { components, paths } = await document()
    expect(Object.keys(components.schemas).sort()).toEqual(['Page', 'PageOutput', 'Problem', 'Same'])
    expect(components.schemas['Page']).not.toHaveProperty('required')
    expect(JSON.stringify(paths['/pages']?.['post'])).toContain('#/components/schemas/Page"')
  })

  test('is called as the app, where it is given no other title', async () => {
    const untitled = JustScale()
      .named('shop')
      .add(orders)
      .add(OpenApiFeature)
      .add(HttpFeature({ port: 0 }))
      .build()
    const { document, info } = await untitled.resolve(OpenApi)
    expect(info).toEqual({ title: 'shop', version: '1.0.0' })
    expect(JSON.parse(JSON.stringify(await document()))).toEqual(
      await (await (await untitled.resolve(HttpServer)).fetch('/openapi.json')).json(),
    )
  })

  test('is shown by a page from this server alone', async () => {
    const server = await app.resolve(HttpServer)
    const page = await server.fetch('/docs')
    const html = await page.text()
    expect(html).toContain('Orders &lt;1&gt;')
    expect(html).not.toMatch(/https?:\/\//)
    expect((await server.fetch('/docs/swagger-ui-bundle.js')).status).toBe(200)
  })
})

test('routes of a sub-app are under its prefix', async () => {
  const server = await app.resolve(HttpServer)
  expect(await (await server.fetch('/admin/users')).json()).toEqual(['ann'])
  expect((await server.fetch('/users')).status).toBe(404)
})

test('two routes for the same requests stop the start', async () => {
  const twice = createController('/a', {
    routes: () => ({ one: Get('/:x').handle(() => 1), two: Get('/:y').handle(() => 2) }),
  })
  const clashing = JustScale()
    .add(keptLog().sink)
    .add(twice)
    .add(HttpFeature({ port: 0 }))
    .build()
  const error = await clashing.start().catch((caught: unknown) => caught)
  expect((error as Error).cause).toBeInstanceOf(RouteConflictError)
})
