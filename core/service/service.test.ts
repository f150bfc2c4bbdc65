import { describe, expect, test } from 'bun:test'
import { bindService, defineService, JustScale, lazy, transaction } from '../index.ts'
import { Mailer, RealMailer } from '../test/app-parts.ts'

describe('services', () => {
  test('are made once, after what they inject, and are instances of their class', async () => {
    let made = 0
    class Counter extends defineService({ factory: async () => ({ number: ++made }) }) {}
    class Uses extends defineService({ inject: { counter: Counter }, factory: ({ counter }) => ({ counter }) }) {}
    const app = JustScale().add(Counter).add(Uses).build()
    const [one, two] = await Promise.all([app.resolve(Uses), app.resolve(Counter)])
    expect(one.counter).toBe(two)
    expect(two).toBeInstanceOf(Counter)
    expect(made).toBe(1)
  })

  test('without a factory are their class, with what they inject on this', async () => {
    class Hello extends defineService({ inject: { mailer: Mailer } }) {
      hello(who: string) {
        return this.mailer.send(`hello ${who}`)
      }
    }
    const app = JustScale().add(bindService(Mailer, RealMailer)).add(Hello).build()
    expect(await (await app.resolve(Hello)).hello('Ada')).toBe('sent to hello Ada')
  })

  test('are not made by hand', () => {
    expect(() => new RealMailer()).toThrow('new RealMailer(): services are made by the app')
  })

  test.each([undefined, null])('do not inject %p, which circular imports give', (missing) => {
    const inject = { mailer: missing as unknown as typeof RealMailer }
    expect(() => defineService({ inject, factory: () => ({}) })).toThrow(`mailer is ${missing}`)
  })

  test('that failed are made again at the next call', async () => {
    let attempt = 0
    class Flaky extends defineService({
      factory: () => {
        if (++attempt === 1) throw new Error('not yet')
        return { attempt }
      },
    }) {}
    const app = JustScale().add(Flaky).build()
    await expect(app.resolve(Flaky)).rejects.toThrow('not yet')
    expect((await app.resolve(Flaky)).attempt).toBe(2)
  })

  test('close a circle with lazy', async () => {
    class Ping extends defineService({
      name: 'Ping',
      inject: { pong: lazy(() => Pong) },
      factory: ({ pong }) => ({ ping: (): string => `ping ${pong().pong()}` }),
    }) {}
    class Pong extends defineService({
      name: 'Pong',
      inject: { ping: Ping },
      factory: () => ({ pong: () => 'pong' }),
    }) {}
    const app = JustScale().add(Ping).add(Pong).build()
    expect((await app.resolve(Ping)).ping()).toBe('ping pong')
  })

  test('asked for by two callers at once are whole for both', async () => {
    const gate = Promise.withResolvers<void>()
    class Slow extends defineService({
      name: 'Slow',
      factory: async () => {
        await gate.promise
        return { slow: true }
      },
    }) {}
    class Uses extends defineService({
      inject: { slow: lazy(() => Slow) },
      factory: ({ slow }) => ({ ask: () => slow().slow }),
    }) {}
    const app = JustScale().add(Slow).add(Uses).build()
    const both = [app.resolve(Uses), app.resolve(Uses)]
    gate.resolve()
    expect((await Promise.all(both)).map((uses) => uses.ask())).toEqual([true, true])
  })

  test('that use a lazy dependency too early are told so', async () => {
    class Late extends defineService({ name: 'Late', factory: () => ({}) }) {}
    class Early extends defineService({
      inject: { late: lazy(() => Late) },
      factory: ({ late }) => ({ late: late() }),
    }) {}
    const app = JustScale().add(Late).add(Early).build()
    await expect(app.resolve(Early)).rejects.toThrow('Late was injected with lazy(...) and used before it was made')
  })

  test('of request scope live for one cell', async () => {
    let made = 0
    class Session extends defineService({ scope: 'request', factory: () => ({ number: ++made }) }) {}
    const app = JustScale().add(Session).build()
    const numbers = async () => [(await app.resolve(Session)).number, (await app.resolve(Session)).number]
    expect(await app.run(numbers)).toEqual([1, 1])
    expect(await app.run(numbers)).toEqual([2, 2])
    await expect(app.resolve(Session)).rejects.toThrow('request-scoped and was asked for outside any cell')
  })

  test('of request scope are the same in the transactions of a request, and end with the request', async () => {
    const log: string[] = []
    class Session extends defineService({
      name: 'Session',
      scope: 'request',
      factory: () => ({ [Symbol.dispose]: () => void log.push('disposed') }),
    }) {}
    const app = JustScale().add(Session).build()
    await app.run(async () => {
      const inside = await transaction(async () => app.resolve(Session))
      log.push('transaction ends')
      expect(await app.resolve(Session)).toBe(inside)
      expect(await transaction(() => transaction(async () => app.resolve(Session)))).toBe(inside)
    })
    expect(log).toEqual(['transaction ends', 'disposed'])
  })

  test('that wait for one another through resolve are told so, not left hanging', async () => {
    class One extends defineService({
      name: 'One',
      factory: async (_, resolve): Promise<{ two: unknown }> => ({ two: await resolve(Two as never) }),
    }) {}
    class Two extends defineService({ name: 'Two', inject: { one: One }, factory: () => ({}) }) {}
    const app = JustScale().add(One).add(Two).build()
    await expect(app.resolve(One)).rejects.toThrow('One -> Two -> One')
  })
})
