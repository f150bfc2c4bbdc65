/** The app whose answers `request-behaviour.ts` looks at: a route for each thing that a request can meet. */
import { createController, defineModel, defineService, field, JustScale, Logger, refOf } from '@justscale/core'
import type { bindInstance, LogSink } from '@justscale/core'
import { currentCell } from '@justscale/core/cell'
import { z } from 'zod'
import { createMiddleware, Delete, Get, HttpError, HttpFeature, Post } from '../index.ts'

class Order extends defineModel({ name: 'Order', fields: { title: field.string() } }) {}
class Users extends defineService({
  inject: { log: Logger },
  factory: ({ log }) => ({
    byToken(token: string | null) {
      log.info('looked up')
      return token === 'good' ? 'ann' : undefined
    },
  }),
}) {}

const auth = createMiddleware({
  inject: { users: Users },
  handle:
    ({ users }) =>
    ({ request }: { readonly request: Request }) => {
      const user = users.byToken(request.headers.get('authorization'))
      if (user === undefined) throw new HttpError(401, 'Sign in first', { headers: { 'www-authenticate': 'Bearer' } })
      return { user }
    },
})

/** What handlers and steps noted when they ran. */
export const ran: string[] = []

const items = createController('/items', {
  routes: () => ({
    list: Get('/')
      .query(z.object({ tag: z.union([z.string(), z.array(z.string())]).optional() }))
      .handle(({ query }) => ({ tag: query.tag })),
    show: Get('/:item').handle(({ item }) => ({ item })),
    search: Get('/search').handle(() => 'found'),
    add: Post('/')
      .body(z.object({ name: z.string().min(2), count: z.number().default(1) }))
      .returns(201, z.object({ name: z.string() }))
      .handle(({ body, res }) => res.status(201).cookie('seen', 'yes').header('x-one', '1').json(body)),
    remove: Delete('/:item').handle(() => undefined),
    order: Get('/orders/:order')
      .types({ Order })
      .handle(({ order }) => ({ key: order.identifier })),
    byRef: Post('/refs')
      .body(z.object({ order: refOf(Order) }))
      .handle(({ body }) => ({ key: body.order.identifier })),
    me: Get('/me')
      .use(auth)
      .guard(({ user }) => user === 'ann')
      .handle(({ user }) => ({ user })),
    denied: Get('/denied')
      .guard(() => false)
      .use(() => {
        ran.push('after denial')
      })
      .handle(() => {
        ran.push('handler')
      }),
    either: Get('/either')
      .guard(
        () => false,
        () => true,
      )
      .handle(() => 'in'),
    answered: Get('/answered')
      .use(() => new Response('early', { status: 418 }))
      .handle(() => {
        ran.push('handler')
      }),
    broken: Get('/broken').handle(() => {
      throw new Error('the password is hunter2')
    }),
    contract: Get('/contract')
      .returns(200, z.object({ a: z.number() }))
      .handle((() => ({ a: 'x' })) as never),
    hidden: Get('/hidden')
      .returns(200, z.object({ a: z.number() }))
      .handle(() => ({ a: 1, secret: 2 })),
    cell: Get('/cell').handle(() => ({ cell: currentCell()?.name })),
    go: Post('/go').handle(({ res }) => res.redirect('/items')),
    slow: Get('/slow')
      .deadline(20)
      .handle(async ({ signal }) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        ran.push('aborted')
      }),
    page: Get('/page').handle(({ res }) => res.html('<p>')),
    problem: Get('/problem').handle(({ res }) => res.error('Too late', 409)),
    rest: Get('/files/*').handle(({ rest }) => ({ rest })),
    form: Post('/form')
      .body(z.object({ a: z.string(), b: z.array(z.string()) }), { type: 'form' })
      .handle(({ body }) => body),
    bytes: Post('/bytes')
      .body(z.instanceof(Uint8Array), { type: 'bytes', limit: 10 })
      .handle(({ body }) => body.length),
    inject: Get('/inject').handle(({ res }) => res.header('x-bad', 'a\r\nx-evil: 1').end()),
  }),
})

/** `sink` keeps its log. */
export function requestsApp(sink: ReturnType<typeof bindInstance<typeof LogSink>>) {
  return JustScale()
    .add(sink)
    .add(Users)
    .add(items)
    .add(HttpFeature({ port: 0, host: '127.0.0.1' }))
    .build()
}
