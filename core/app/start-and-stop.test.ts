import { describe, expect, test } from 'bun:test'
import {
  bindInstance,
  createFeatureBuilder,
  currentApp,
  defineService,
  DefinitionError,
  defineToken,
  JustScale,
  Lifecycle,
  StopFailedError,
  type Component,
} from '../index.ts'
import { untyped } from '../test/app-parts.ts'

test('a factory that throws is named, with who needs it; an error with a code and a hint stays as it is', async () => {
  class Pool extends defineService({
    factory: (): object => {
      throw new Error('connect ECONNREFUSED 127.0.0.1:6379')
    },
  }) {}
  class Mailer extends defineService({ inject: { pool: Pool }, factory: () => ({}) }) {}
  class Signup extends defineService({ inject: { mailer: Mailer }, factory: () => ({}) }) {}
  const app = JustScale().add(Pool).add(Mailer).add(Signup).build()
  const failed: unknown = await app.resolve(Signup).catch((error: unknown) => error)
  expect(failed).toMatchObject({
    code: 'CORE_FACTORY_FAILED',
    message:
      'Pool could not be made: connect ECONNREFUSED 127.0.0.1:6379 (needed by Mailer, which is needed by Signup)',
    path: ['Signup', 'Mailer', 'Pool'],
    cause: expect.any(Error),
  })
  class Coded extends defineService({
    factory: (): object => {
      throw new DefinitionError('not so', { hint: 'so' })
    },
  }) {}
  const other = JustScale().add(Coded).build()
  expect(await other.resolve(Coded).catch((error: unknown) => error)).toMatchObject({ code: 'CORE_DEFINITION' })
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
    const failed: unknown = await app.stop().catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(StopFailedError)
    expect(failed).toMatchObject({ code: 'CORE_STOP_FAILED', errors: [expect.any(Error), expect.any(Error)] })
    expect(log.at(-1)).toBe('A stops')
  })
})
