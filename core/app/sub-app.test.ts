import { describe, expect, test } from 'bun:test'
import { AbstractContainer, createController, currentApp, defineService, JustScale } from '../index.ts'
import { untyped, faultsOf } from '../test/app-parts.ts'

describe('sub-apps', () => {
  class Where extends defineService({ name: 'Where', factory: () => ({ app: () => currentApp()?.name }) }) {}
  const inner = () =>
    JustScale()
      .named('inner')
      .requires(Where)
      .add(
        createController('/inner', {
          inject: { where: Where },
          routes: ({ where }) => ({ one: { transport: 'http', where: () => [currentApp()?.name, where.app()] } }),
        }),
      )
      .build()

  test('have their own scope, and call what they require in the scope above', async () => {
    const sub = inner()
    const app = JustScale().named('outer').add(Where).add(sub).build()
    await app.start()
    expect(app.container.controllers()).toEqual([])
    const [entry] = app.container.apps()
    const [controller] = entry?.app.container.controllers({ transport: 'http' }) ?? []
    const route = controller?.instance.routes['one'] as unknown as { where(): string[] }
    expect(route.where()).toEqual([undefined as never, 'outer'])
    expect(entry?.app).not.toBe(app)
    expect(await sub.container.resolve(AbstractContainer)).toBe(sub.container)
    await app.stop()
  })

  test('cannot do without what they require', () => {
    expect(faultsOf(() => JustScale().add(untyped(inner())).build())).toEqual([
      expect.stringContaining('inner (app) requires Where'),
    ])
  })

  test('use what the app above makes anew after it was stopped', async () => {
    let made = 0
    class Pool extends defineService({
      name: 'Pool',
      factory: () => ({ number: () => made, [Symbol.dispose]() {}, own: ++made }),
    }) {}
    class Uses extends defineService({ inject: { pool: Pool }, factory: ({ pool }) => ({ own: () => pool.own }) }) {}
    const sub = JustScale().named('sub').requires(Pool).add(Uses).build()
    const app = JustScale().add(Pool).add(sub).build()
    await app.start()
    await app.stop()
    await app.start()
    expect((await sub.resolve(Uses)).own()).toBe(2)
    await app.stop()
  })

  test('belong to one app', () => {
    const sub = inner()
    JustScale().add(Where).add(sub).build()
    expect(() => JustScale().add(Where).add(sub).build()).toThrow('added to two apps')
  })
})
