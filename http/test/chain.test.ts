/** Steps of a route: their order, what ends them, and what later ones see. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  createController,
  createGuard,
  createMiddleware,
  defineModel,
  defineService,
  field,
  JustScale,
} from '@justscale/core'
import { z } from 'zod'
import { Get, HttpError, HttpFeature, Post } from '../index.ts'
import { keptLog } from './quiet.ts'
import { caller, json, ways } from './ways.ts'

class Order extends defineModel({ name: 'Order', fields: { title: field.string() } }) {}
class Item extends defineModel({ name: 'Item', fields: { title: field.string() } }) {}
class Names extends defineService({ factory: () => ({ of: (n: number) => `name ${n}` }) }) {}

let ran: string[] = []
const say = (what: string) => {
  ran.push(what)
}
const later = async <Value>(value: Value): Promise<Value> => {
  await new Promise((resolve) => setImmediate(resolve))
  return value
}
const named = createMiddleware({
  inject: { names: Names },
  handle:
    ({ names }) =>
    ({ n }: { readonly n: number }) => ({ name: names.of(n) }),
})
const isFirst = createGuard({
  inject: { names: Names },
  handle:
    ({ names }) =>
    ({ name }: { readonly name: string }) =>
      name === names.of(1),
})
const yes = () => say('yes')
const no = () => {
  say('no')
  return false
}
const laterNo = () => later(no())
const answer = () => {
  say('answer')
  return new Response('not you', { status: 451 })
}
const fail = () => {
  say('fail')
  throw new HttpError(409, 'Not now')
}
const handled = () => {
  say('handled')
  return 'handled'
}

const chains = createController({
  routes: () => ({
    order: Get('/order')
      .use(() => {
        say('first')
        return { n: 1 }
      })
      .guard(({ n }) => say(`guard ${n}`))
      .use(async ({ n }) => {
        say('second')
        return later({ n: n + 1, m: 'kept' })
      })
      .use(({ n, m }) => say(`third ${n} ${m}`))
      .handle(({ n, m }) => ({ n, m })),
    injected: Get('/injected/:n')
      .types({ n: z.coerce.number() })
      .use(named)
      .guard(isFirst)
      .handle(({ name }) => name),
    denied: Get('/denied').guard(no).use(yes).handle(handled),
    deniedLate: Get('/denied-late').guard(laterNo).use(yes).handle(handled),
    either: Get('/either').guard(no, laterNo, yes, no).handle(handled),
    both: Get('/both').guard(yes).guard(no).handle(handled),
    answered: Get('/answered').guard(answer).handle(handled),
    answeredOr: Get('/answered-or').guard(no, answer, no).handle(handled),
    answeredButLet: Get('/answered-but-let').guard(answer, yes).handle(handled),
    middle: Get('/middle').use(answer).use(yes).handle(handled),
    reply: Get('/reply')
      .returns(200, z.string())
      .use(({ res }) => {
        say('reply')
        return res.status(402).json({ pay: 'first' })
      })
      .handle(handled),
    fails: Get('/fails').use(fail).use(yes).handle(handled),
    guardFails: Get('/guard-fails').guard(fail, yes).handle(handled),
    beforeBody: Post('/before-body')
      .guard(no)
      .body(z.object({ a: z.number() }))
      .handle(handled),
    afterBody: Post('/after-body')
      .body(z.object({ a: z.number() }))
      .guard(({ body }) => say(`guard ${body.a}`))
      .handle(handled),
    exact: Get('/exact/:Order')
      .types({ Order })
      .handle(({ Order }) => Order.identifier),
    lower: Get('/lower/:order')
      .types({ Order })
      .handle(({ order }) => order.identifier),
    ref: Get('/ref/:orderRef')
      .types({ Order })
      .handle(({ orderRef }) => orderRef.identifier),
    mixed: Get('/mixed/:order/:item/:page/:rest_')
      .types({ Order, Item, page: z.coerce.number().int() })
      .handle(({ order, item, page, rest_ }) => [order.identifier, item.identifier, page, rest_]),
  }),
})
const app = JustScale()
  .add(keptLog().sink)
  .add(Names)
  .add(chains)
  .add(HttpFeature({ port: 0, host: '127.0.0.1' }))
  .build()
beforeAll(() => app.start())
afterAll(() => app.stop())

const table: [string, RequestInit | undefined, number, unknown, string[]][] = [
  ['/order', undefined, 200, { n: 2, m: 'kept' }, ['first', 'guard 1', 'second', 'third 2 kept']],
  ['/injected/1', undefined, 200, 'name 1', []],
  ['/injected/2', undefined, 403, { detail: 'You may not do this' }, []],
  ['/injected/x', undefined, 422, { errors: [{ in: 'path', path: 'n' }] }, []],
  ['/denied', undefined, 403, { detail: 'You may not do this' }, ['no']],
  ['/denied-late', undefined, 403, { detail: 'You may not do this' }, ['no']],
  ['/either', undefined, 200, 'handled', ['no', 'no', 'yes', 'handled']],
  ['/both', undefined, 403, { detail: 'You may not do this' }, ['yes', 'no']],
  ['/answered', undefined, 451, 'not you', ['answer']],
  ['/answered-or', undefined, 451, 'not you', ['no', 'answer', 'no']],
  ['/answered-but-let', undefined, 200, 'handled', ['answer', 'yes', 'handled']],
  ['/middle', undefined, 451, 'not you', ['answer']],
  ['/reply', undefined, 402, { pay: 'first' }, ['reply']],
  ['/fails', undefined, 409, { detail: 'Not now' }, ['fail']],
  ['/guard-fails', undefined, 409, { detail: 'Not now' }, ['fail']],
  ['/before-body', json('nonsense'), 403, { detail: 'You may not do this' }, ['no']],
  ['/after-body', json({ a: 'x' }), 422, { errors: [{ in: 'body', path: 'a' }] }, []],
  ['/after-body', json({ a: 1 }), 200, 'handled', ['guard 1', 'handled']],
  ['/exact/o-1', undefined, 200, 'o-1', []],
  ['/lower/o-1', undefined, 200, 'o-1', []],
  ['/ref/o-1', undefined, 200, 'o-1', []],
  ['/mixed/o-1/i-2/3/x', undefined, 200, ['o-1', 'i-2', 3, 'x'], []],
  ['/mixed/a%20b/i%20/x/x', undefined, 422, { errors: [{ path: 'order' }, { path: 'item' }, { path: 'page' }] }, []],
]

for (const way of ways) {
  describe(`over ${way}`, () => {
    test.each(table.map((row, index) => [index, ...row] as const))(
      'case %i: %s',
      async (_index, path, init, status, body, steps) => {
        ran = []
        const response = await caller(app, way)(path, init)
        const text = await response.text()
        expect([response.status, text]).toEqual([status, text])
        const value = text.startsWith('not') ? text : JSON.parse(text)
        if (typeof body === 'object' && body !== null) expect(value).toMatchObject(body)
        else expect(value).toBe(body)
        expect(ran).toEqual(steps)
      },
    )
  })
}
