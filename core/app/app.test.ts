import { describe, expect, test } from 'bun:test'
import {
  AbstractContainer,
  AppGraphError,
  bindInstance,
  bindRepository,
  bindService,
  createContribution,
  createController,
  createFeatureBuilder,
  currentApp,
  defineAbstract,
  defineContribution,
  defineModel,
  defineService,
  defineToken,
  field,
  JustScale,
  lazy,
  Lifecycle,
  Logger,
  ModelRepository,
  NotInAppError,
  repositorySource,
  transaction,
  UnprovidedTokenError,
  type Component,
  type RepositorySource,
} from '../index.ts'
import { createTestKit } from '../testing/create-test-kit.ts'

abstract class Mailer extends defineToken('Mailer') {
  abstract send(to: string): Promise<string>
}
class RealMailer extends defineService({
  name: 'RealMailer',
  factory: () => ({ send: async (to: string) => `sent to ${to}` }),
}) {}
class Greeter extends defineService({
  name: 'Greeter',
  inject: { mailer: Mailer },
  factory: ({ mailer }) => ({ greet: (who: string) => mailer.send(who) }),
}) {}

function storage<T, const S extends string>(storage: S): RepositorySource<T, S> {
  return { [repositorySource]: { storage, create: () => ({}) } }
}

const untyped = (component: unknown) => component as never

function faultsOf(build: () => unknown) {
  try {
    build()
  } catch (error) {
    if (error instanceof AppGraphError) return error.faults.map((fault) => `${fault.kind}: ${fault.description}`)
    throw error
  }
  return []
}

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

describe('build() refuses', () => {
  test('a missing dependency, naming consumer and provider', () => {
    expect(faultsOf(() => JustScale().add(untyped(Greeter)).build())).toEqual([
      'missing: Greeter (service) requires Mailer, which nothing provides.',
    ])
  })

  test('a missing model service', () => {
    class Order extends defineModel({ name: 'Order', fields: { n: field.int() }, inject: { mailer: Mailer } }) {}
    const builder = JustScale().add(bindRepository(ModelRepository.of(Order), storage('memory'))) as unknown as {
      build(): unknown
    }
    expect(faultsOf(() => builder.build())[0]).toContain(
      'ModelRepository.of(Order) in memory (repository) requires Mailer',
    )
  })

  test('two providers of one token', () => {
    expect(
      faultsOf(() =>
        JustScale()
          .add(bindService(Mailer, RealMailer))
          .add(untyped(bindService(Mailer, RealMailer)))
          .build(),
      )[0],
    ).toContain('duplicate')
  })

  test('a cycle, naming the chain', () => {
    class Sends extends defineService({
      name: 'Sends',
      inject: { greeter: Greeter },
      factory: () => ({ send: async () => '' }),
    }) {}
    expect(
      faultsOf(() =>
        JustScale()
          .add(untyped(bindService(Mailer, Sends)))
          .add(untyped(Greeter))
          .build(),
      ),
    ).toEqual(['cycle: These require one another: Mailer as Sends -> Greeter -> Mailer as Sends.'])
  })

  test('a singleton that captures a request-scoped service', () => {
    class Session extends defineService({ name: 'Session', scope: 'request', factory: () => ({}) }) {}
    class Holder extends defineService({
      name: 'Holder',
      inject: { session: Session as never },
      factory: () => ({}),
    }) {}
    expect(faultsOf(() => JustScale().add(Session).add(Holder).build())).toEqual([
      expect.stringContaining('captive: Holder lives as long as the app'),
    ])
  })

  test('a query across two storages', () => {
    class User extends defineModel({ name: 'User', fields: { n: field.int() } }) {}
    class Post extends defineModel({ name: 'Post', fields: { author: field.ref(User) } }) {}
    const builder = JustScale()
      .add(bindRepository(ModelRepository.of(User), storage('postgres')))
      .add(untyped(bindRepository(ModelRepository.of(Post, User), storage('memory'))))
    expect(faultsOf(() => builder.build())).toEqual([
      expect.stringContaining('Post (in memory) walk into User (in postgres)'),
    ])
  })

  test("a consumer of an override where its model is bound, and the model's repository beside the override's", () => {
    class User extends defineModel({ name: 'User', fields: { email: field.string() } }) {}
    class AppUser extends User.override({ fields: { nickname: field.string().optional() } }) {}
    class Names extends defineService({ name: 'Names', inject: { users: ModelRepository.of(AppUser) } }) {}
    class Mails extends defineService({ name: 'Mails', inject: { users: ModelRepository.of(User) } }) {}
    const user = bindRepository(ModelRepository.of(User), storage('memory'))
    const appUser = bindRepository(ModelRepository.of(AppUser), storage('memory'))
    expect(faultsOf(() => JustScale().add(user).add(untyped(Names)).build())).toEqual([
      'missing: Names (service) requires ModelRepository.of(AppUser), and ModelRepository.of(User) in memory is what is bound.',
    ])
    expect(faultsOf(() => JustScale().add(appUser).add(untyped(user)).build())).toEqual([
      'duplicate: ModelRepository.of(User) in memory and ModelRepository.of(AppUser) in memory provide the same token.',
    ])
    expect(faultsOf(() => JustScale().add(appUser).add(Names).add(Mails).build())).toEqual([])
  })

  test('two models of one name, in whatever storages', () => {
    class User extends defineModel({ name: 'User', fields: { email: field.string() } }) {}
    class Other extends defineModel({ name: 'User', fields: { phone: field.string() } }) {}
    const build = () =>
      JustScale()
        .add(bindRepository(ModelRepository.of(User), storage('memory')))
        .add(bindRepository(ModelRepository.of(Other), storage('postgres')))
        .build()
    expect(faultsOf(build)).toEqual(['duplicate: Two models are called User.'])
  })

  test('everything at once', () => {
    expect(
      faultsOf(() => JustScale().add(untyped(Greeter)).add(RealMailer).add(untyped(RealMailer)).build()).length,
    ).toBe(1)
    expect(() => JustScale().add(untyped({ nothing: 1 }))).toThrow('.add(unnamed token) needs a component')
  })
})

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

describe('start and stop', () => {
  function feature(name: string, log: string[], fail = false): Component {
    return createFeatureBuilder()
      .name(name)
      .onStart(() => void log.push(`${name} starts`))
      .onStart(() => {
        log.push(`${name} starts again`)
        if (fail) throw new Error('port in use')
      })
      .onStop(() => void log.push(`${name} stops`))
      .build() as Component
  }

  test('run all hooks, in order and in reverse', async () => {
    const log: string[] = []
    class Worker extends defineService({
      inject: { lifecycle: Lifecycle },
      factory: ({ lifecycle }) => {
        lifecycle.onStart(() => void log.push('worker starts'))
        lifecycle.onStop(() => void log.push('worker stops'))
        return {}
      },
    }) {}
    const app = JustScale()
      .add(untyped(feature('A', log)))
      .add(Worker)
      .add(untyped(feature('B', log)))
      .build()
    await app.start()
    expect(app.state).toBe('running')
    await app.stop()
    expect(log).toEqual([
      'A starts',
      'A starts again',
      'worker starts',
      'B starts',
      'B starts again',
      'B stops',
      'worker stops',
      'A stops',
    ])
  })

  test('happen once, however often start is called', async () => {
    const log: string[] = []
    const app = JustScale()
      .add(untyped(feature('A', log)))
      .build()
    await Promise.all([app.start(), app.start()])
    expect(app.state).toBe('running')
    expect(log).toEqual(['A starts', 'A starts again'])
  })

  test('stop what has started when one fails', async () => {
    const log: string[] = []
    const app = JustScale()
      .add(untyped(feature('A', log)))
      .add(untyped(feature('B', log, true)))
      .add(untyped(feature('C', log)))
      .build()
    await expect(app.start()).rejects.toThrow('did not start: B failed: port in use')
    expect(log).toEqual(['A starts', 'A starts again', 'B starts', 'B starts again', 'B stops', 'A stops'])
    expect(app.state).toBe('stopped')
  })

  test('a stop hook that hangs is named, and those after it still run', async () => {
    const log: string[] = []
    const never = new Promise<void>(() => {})
    const feature = (name: string, stop: () => void | Promise<void>) =>
      createFeatureBuilder()
        .name(name)
        .onStop(stop)
        .provides((app) => app)
    const app = JustScale()
      .named('slow')
      .add(feature('First', () => void log.push('first stops')))
      .add(feature('Hanging', () => never))
      .build()
    await app.start()
    const error = await app.stop({ timeout: 5 }).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'CORE_STOP_TIMEOUT', component: 'Hanging' })
    expect(String(error)).toContain('"slow" did not stop within 5 ms: a stop hook of Hanging')
    expect(log).toEqual(['first stops'])
    expect(app.state).toBe('stopped')
  })

  test('a failed start takes over the hint of its cause, and errors without a hint show none', async () => {
    const failing = (error: Error) =>
      JustScale()
        .add(
          createFeatureBuilder()
            .name('B')
            .onStart(() => {
              throw error
            })
            .provides((app) => app),
        )
        .build()
        .start()
        .catch((failure: Error) => failure)
    const hinted = Object.assign(new Error('not compiled'), { hint: 'Add the preload.' })
    expect(await failing(hinted)).toMatchObject({ hint: 'Add the preload.' })
    expect(Object.hasOwn((await failing(new Error('plain'))) as Error, 'hint')).toBe(false)
  })

  test('services with a dispose method are disposed of after the hooks, the newest first, and only those of the app', async () => {
    const log: string[] = []
    const disposable = (name: string) => ({ name, [Symbol.dispose]: () => void log.push(`${name} disposed`) })
    class Pool extends defineService({
      name: 'Pool',
      inject: { lifecycle: Lifecycle },
      factory: ({ lifecycle }) => {
        lifecycle.onStop(() => void log.push('pool stops'))
        return {
          async [Symbol.asyncDispose]() {
            await Promise.resolve()
            log.push(`pool disposed in ${currentApp()?.name}`)
          },
          [Symbol.dispose]: () => void log.push('never'),
        }
      },
    }) {}
    class Cache extends defineService({ name: 'Cache', inject: { pool: Pool }, factory: () => disposable('cache') }) {}
    class Again extends defineService({ name: 'Again', inject: { cache: Cache }, factory: ({ cache }) => cache }) {}
    abstract class Given extends defineToken('Given') {}
    class Body extends defineService({ name: 'Body', inject: { again: Again } }) {
      [Symbol.dispose]() {
        log.push('body disposed')
      }
    }
    const app = JustScale()
      .named('shop')
      .add(bindInstance(Given, untyped(disposable('given'))))
      .add(Pool)
      .add(Cache)
      .add(Again)
      .add(Body)
      .build()
    await app.start()
    const before = await app.resolve(Cache)
    await app.stop()
    expect(log).toEqual(['pool stops', 'body disposed', 'cache disposed', 'pool disposed in shop'])
    log.length = 0
    await app.start()
    expect(await app.resolve(Cache)).not.toBe(before)
    await app.stop()
    expect(log).toEqual(['pool stops', 'body disposed', 'cache disposed', 'pool disposed in shop'])
  })

  test('a failed start disposes of what was made, a failing disposal is named and does not keep the others', async () => {
    const log: string[] = []
    class One extends defineService({
      name: 'One',
      factory: () => ({ [Symbol.dispose]: () => void log.push('one') }),
    }) {}
    class Two extends defineService({
      name: 'Two',
      factory: () => ({
        [Symbol.dispose]() {
          throw new Error('two is stuck')
        },
      }),
    }) {}
    class Broken extends defineService({
      name: 'Broken',
      inject: { one: One, two: Two },
      factory: (): object => {
        throw new Error('no such file')
      },
    }) {}
    await expect(JustScale().add(One).add(Two).add(Broken).build().start()).rejects.toThrow('no such file')
    expect(log).toEqual(['one'])
    const app = JustScale().add(One).add(Two).build()
    await app.start()
    await expect(app.stop()).rejects.toThrow('two is stuck')
    expect(log).toEqual(['one', 'one'])
  })

  test('what a request made is disposed of at its end, also when it fails', async () => {
    const log: string[] = []
    class Session extends defineService({
      name: 'Session',
      scope: 'request',
      factory: () => ({ [Symbol.asyncDispose]: async () => void log.push('session disposed') }),
    }) {}
    const app = JustScale().add(Session).build()
    await app.run(async () => {
      await app.resolve(Session)
      log.push('body ends')
    })
    const failed = app.run(async () => {
      await app.resolve(Session)
      throw new Error('refused')
    })
    await expect(failed).rejects.toThrow('refused')
    await app.stop()
    expect(log).toEqual(['body ends', 'session disposed', 'session disposed'])
  })

  test('every stop hook runs, and the failures come out together', async () => {
    const log: string[] = []
    const bad = createFeatureBuilder()
      .name('bad')
      .onStop(() => Promise.reject(new Error('no')))
      .onStop(() => Promise.reject(new Error('never')))
      .build()
    const app = JustScale()
      .add(untyped(feature('A', log)))
      .add(bad)
      .build()
    await app.start()
    await expect(app.stop()).rejects.toBeInstanceOf(AggregateError)
    expect(log.at(-1)).toBe('A stops')
  })
})

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

describe('isolation', () => {
  test('two apps share no instances', async () => {
    class Counter extends defineService({ factory: () => ({ n: 0 }) }) {}
    const [one, two] = [JustScale().add(Counter).build(), JustScale().add(Counter).build()]
    ;(await one.resolve(Counter)).n = 5
    expect((await two.resolve(Counter)).n).toBe(0)
  })

  test('the app is found in timers and callbacks, and outside is an error that says so', async () => {
    const app = JustScale().named('shop').build()
    const found = await app.run(() => new Promise((resolve) => setTimeout(() => resolve(currentApp()?.name), 0)))
    expect(found).toBe('shop')
    class Thing extends defineModel({ name: 'Thing', fields: { n: field.int() } }) {}
    const error = await Promise.resolve(Thing.ref('1')).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(NotInAppError)
    expect(String(error)).toContain('await Thing(1) was called outside any app')
  })
})

describe('logging', () => {
  test('names the component and the cell, and prints errors whole', async () => {
    class Works extends defineService({
      name: 'Works',
      inject: { logger: Logger },
      factory: ({ logger }) => ({
        work: () =>
          logger.with({ tenant: 7 }).error('It broke', { error: new Error('why', { cause: new Error('deeper') }) }),
      }),
    }) {}
    await using kit = await createTestKit(JustScale().named('shop').add(Works))
    await kit.run(async () => (await kit.resolve(Works)).work())
    expect(kit.logs).toEqual([
      {
        level: 'error',
        component: 'Works',
        message: 'It broke',
        fields: {
          cell: 'test',
          tenant: 7,
          error: expect.objectContaining({ message: 'why', cause: expect.objectContaining({ message: 'deeper' }) }),
        },
      },
    ])
  })
})
