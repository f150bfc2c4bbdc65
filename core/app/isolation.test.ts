import { describe, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { readFile } from 'node:fs'
import { Readable } from 'node:stream'
import { gzip } from 'node:zlib'
import { z } from 'zod'
import { currentApp, defineModel, defineService, field, JustScale, NotInAppError } from '../index.ts'

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

describe('the app is found', () => {
  const name = () => currentApp()?.name ?? 'none'
  const ways: Record<string, (tell: (found: string) => void) => unknown> = {
    setTimeout: (tell) => setTimeout(() => tell(name()), 0),
    setInterval: (tell) => {
      const timer = setInterval(() => {
        clearInterval(timer)
        tell(name())
      }, 0)
    },
    setImmediate: (tell) => setImmediate(() => tell(name())),
    queueMicrotask: (tell) => queueMicrotask(() => tell(name())),
    'process.nextTick': (tell) => process.nextTick(() => tell(name())),
    'a callback of the file system': (tell) => readFile(import.meta.path, () => tell(name())),
    'a callback of a native library': (tell) => gzip('x', () => tell(name())),
    'a child process': (tell) => execFile(process.execPath, ['--version'], () => tell(name())),
    'a stream': (tell) => Readable.from(['x']).on('data', () => tell(name())),
    'an abort listener': (tell) => {
      const stop = new AbortController()
      stop.signal.addEventListener('abort', () => tell(name()))
      setTimeout(() => stop.abort(), 0)
    },
    'an event emitter': (tell) => {
      const events = new EventEmitter()
      events.on('done', () => tell(name()))
      setTimeout(() => events.emit('done'), 0)
    },
    'a library that calls back (zod)': (tell) =>
      z
        .string()
        .refine(async () => {
          await Bun.sleep(0)
          tell(name())
          return true
        })
        .parseAsync('x'),
    'a generator': async (tell) => {
      async function* items() {
        await Bun.sleep(0)
        yield name()
      }
      for await (const item of items()) tell(item)
    },
  }

  test.each(Object.entries(ways))('in %s, by two apps at the same time', async (_, start) => {
    const found = ['one', 'two'].map((app) =>
      JustScale()
        .named(app)
        .build()
        .run(() => new Promise<string>((resolve) => void start(resolve))),
    )
    expect(await Promise.all(found)).toEqual(['one', 'two'])
    expect(name()).toBe('none')
  })
})
