import { describe, expect, test } from 'bun:test'
import {
  bindInstance,
  bindService,
  createContribution,
  defineAbstract,
  defineContribution,
  defineService,
  JustScale,
  UnprovidedTokenError,
} from '../index.ts'
import { Mailer, RealMailer, Greeter, untyped, faultsOf } from '../test/app-parts.ts'

describe('tokens', () => {
  test('that nobody bound have no instance, abstract classes neither', async () => {
    const app = JustScale().build()
    await expect(app.container.resolve(Mailer)).rejects.toThrow(UnprovidedTokenError)
    class Clock extends defineAbstract<{ now(): number }>('Clock') {}
    expect(() => new (Clock as unknown as new () => unknown)()).toThrow('Clock is an abstract token')
  })

  test('can be replaced for a test, everywhere', async () => {
    const fake = { send: async (to: string) => `fake ${to}` }
    const app = JustScale()
      .add(bindService(Mailer, RealMailer))
      .add(Greeter)
      .override(bindInstance(Mailer, fake))
      .build()
    expect(await (await app.resolve(Greeter)).greet('Ada')).toBe('fake Ada')
  })

  test('collect contributions in order, of whoever was added, none included', async () => {
    abstract class Rules extends defineContribution<string>('Rules') {}
    class Length extends defineContribution<string, { count: number }>('Length', {
      aggregate: (all) => ({ count: all.length }),
    }) {}
    class Uses extends defineService({
      inject: { rules: Rules, length: Length },
      factory: ({ rules, length }) => ({ rules, length }),
    }) {}
    const more = JustScale()
      .add(createContribution(Rules, { factory: () => 'one' }))
      .add(createContribution(Rules, { factory: () => 'two' }))
      .add(Uses)
      .build()
    expect(await more.resolve(Uses)).toMatchObject({ rules: ['one', 'two'], length: { count: 0 } })
  })

  test('that have contributions cannot be bound as a whole too', () => {
    class Rules extends defineContribution<string>('Rules') {}
    const build = () =>
      JustScale()
        .add(createContribution(Rules, { factory: () => 'one' }))
        .add(bindInstance(Rules, untyped([])))
        .build()
    expect(faultsOf(build)).toEqual([expect.stringContaining('provides Rules as a whole')])
  })
})
