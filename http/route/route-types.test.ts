import { expect, test } from 'bun:test'
import { createController, defineModel, field, type Reference } from '@justscale/core'
import { z } from 'zod'
import { Get, Post } from './verbs.ts'

class Order extends defineModel({ name: 'Order', fields: { title: field.string() } }) {}
class Customer extends defineModel({ name: 'Customer', fields: { title: field.string() } }) {}
const View = z.object({ title: z.string() })

// The type checker is the test: an unused directive is an error of its own.
test('routes refuse what does not fit', () => {
  const routes = () => ({
    // @ts-expect-error the path has no :customer
    wrongName: () => Get('/:order').types({ Customer }),
    // @ts-expect-error `body` is taken by the context
    reserved: () => Get('/:body'),
    references: Get('/:order/:by')
      .types({ Order, by: Customer })
      .handle(({ order, by }) => {
        const reference: Reference<Order> = order
        // @ts-expect-error a reference to another model
        const wrong: Reference<Order> = by
        return { same: (reference as object) === wrong }
      }),
    byModelName: Get('/:orderRef')
      .types({ Order })
      .handle(({ orderRef }) => {
        const reference: Reference<Order> = orderRef
        return reference.identifier
      }),
    untyped: Get('/:name').handle(({ name }) => name.toUpperCase()),
    body: Post('/')
      .body(z.object({ n: z.coerce.number() }))
      .handle(({ body }) => body.n.toFixed()),
    wrongAnswer: Get('/')
      .returns(200, View)
      // @ts-expect-error the answer has no title
      .handle(() => ({ name: 'x' })),
    wrongStatus: Get('/')
      .returns(200, View)
      .returns(409, z.object({ why: z.string() }))
      .handle(({ res }) => {
        // @ts-expect-error the answer of 409 has a reason
        return res.status(409).json({ title: 'x' })
      }),
    order: Get('/')
      // @ts-expect-error there is no user yet
      .guard(({ user }) => user === 'ann')
      .use(() => ({ user: 'ann' }))
      .guard(({ user }) => user === 'ann')
      .handle(({ user }) => user.length),
    needs: Get('/')
      // @ts-expect-error the middleware needs a user
      .use((context: { readonly user: string }) => ({ name: context.user }))
      .handle(() => 1),
    plainQuery: Get('/').handle(({ query }) => {
      const value: string | readonly string[] | undefined = query['q']
      return value ?? 'none'
    }),
  })
  expect(createController({ routes: routes as never })).toBeDefined()
})
