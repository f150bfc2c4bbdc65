import { expect, test } from 'bun:test'
import { createController, createGuard, createMiddleware, defineService, JustScale } from '../index.ts'

class Sessions extends defineService({
  name: 'Sessions',
  factory: () => ({ userOf: (token: string) => ({ name: `user ${token}` }) }),
}) {}
const auth = createMiddleware({
  name: 'auth',
  inject: { sessions: Sessions },
  handler:
    ({ sessions }) =>
    (context: { readonly token: string }) => ({ user: sessions.userOf(context.token) }),
})
const admins = createGuard({
  name: 'admins',
  handler: () => (context: { readonly user: { readonly name: string } }) => context.user.name === 'user root',
})
const orders = createController('/orders', {
  inject: { auth, admins },
  routes: ({ auth, admins }) => ({
    list: { transport: 'test', run: async (token: string) => admins(await auth({ token })) },
  }),
})

test('middleware and guards are injected into controllers', async () => {
  const app = JustScale().add(Sessions).add(auth).add(admins).add(orders).build()
  const { list } = (await app.resolve(orders)).routes
  expect([await list.run('root'), await list.run('ada')]).toEqual([true, false])
})

test('what they need must have been added', () => {
  // @ts-expect-error the session service is missing
  expect(() => JustScale().add(auth).build()).toThrow('auth (middleware) requires Sessions')
  // @ts-expect-error the middleware is missing
  expect(() => JustScale().add(Sessions).add(admins).add(orders).build()).toThrow('requires auth')
})
