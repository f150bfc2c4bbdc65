/** The cost of inference of routes, as the compiler's count of instantiations: the same on every machine. */
import { compile } from '@justscale/core/testing'
import { expect, test } from 'bun:test'
import { join } from 'node:path'

const folder = join(import.meta.dir, 'fixtures/types')

const header = `
import { createController, refOf } from '@justscale/core'
import { createClient, Get, Post } from '@justscale/http'
import { z } from 'zod'
import { Customer, Order, OrderView } from './shop.ts'
const auth = (context: { readonly request: Request }) => ({ user: { name: context.request.url } })
`

const controllers = Array.from({ length: 20 }, (_, c) => {
  const routes = Array.from(
    { length: 5 },
    (_, r) => `
    show${r}: Get('/${r}/:order').types({ order: Order }).query(z.object({ q${r}: z.string() })).returns(200, OrderView)
      .handle(async ({ order, query }) => query.q${r} === '' ? await order : await order),
    make${r}: Post('/${r}').use(auth).body(z.object({ customer: refOf(Customer), amount${c}: z.number() })).returns(200, z.object({ n: z.number() }))
      .handle(({ body, user }) => ({ n: body.amount${c} + user.name.length })),`,
  )
  return `
export const controller${c} = createController('/c${c}', { routes: () => ({${routes.join('')}}) })
export const client${c} = createClient<typeof controller${c}>()`
}).join('')

test('200 routes with schemas, middleware and clients', async () => {
  const files = async (text: string) =>
    compile(
      folder,
      new Map([
        ['program.ts', text],
        ['shop.ts', await Bun.file(join(folder, 'shop.ts')).text()],
      ]),
    )
  const [base, whole] = await Promise.all([
    files(`${header}export { auth, createClient, createController, Customer, Get, Order, OrderView, Post, refOf, z }`),
    files(header + controllers),
  ])
  expect(whole.diagnostics).toEqual([])
  const cost = whole.instantiations - base.instantiations
  expect(cost).toBeLessThan(135_000)
}, 120_000)
