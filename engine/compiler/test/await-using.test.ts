/** `await using` and `using` of a step's result, in every way through and out of its block: as plain code does it. */
import { describe, expect, test } from 'bun:test'
import { createValueCodec } from '../../value/create-codec.ts'
import { sourceOf } from './cases.ts'
import { drive, type Outcome, type Services } from './driver.ts'
import { runNative } from './native.ts'
import { tracingServices } from './services.ts'

const codec = createValueCodec()

/** `svc.open(name)` gives a resource that says when it is let go of; `broken` ones throw then. */
function services(trace: string[]): Services {
  const { svc } = tracingServices(trace)
  const open = async (name: string): Promise<AsyncDisposable & Disposable & { name: string }> => {
    trace.push(`open ${name}`)
    const close = (): void => {
      trace.push(`close ${name}`)
      if (name.startsWith('broken')) throw new Error(`${name} does not close`)
    }
    return { name, [Symbol.dispose]: close, [Symbol.asyncDispose]: async () => close() }
  }
  return { svc: { ...svc, open: open as never } }
}

const shapes: Readonly<Record<string, string>> = {
  'the end of the block': `{ await using a = await svc.open('a'); await svc.id(a.name) } return await svc.id('end')`,
  'a throw': `try { await using a = await svc.open('a'); await svc.id(1); throw new Error('out of ' + a.name) } catch (e: any) { return await svc.id(e.message) }`,
  'an error of a step': `try { await using a = await svc.open('a'); await svc.fail('x') } catch (e: any) { return e.message }`,
  'a return': `const f = async () => { await using a = await svc.open('a'); return await svc.id(a.name) }; return await f()`,
  'a return through a finally': `const f = async () => { try { await using a = await svc.open('a'); return await svc.id(a.name) } finally { await svc.id('finally') } }; return await f()`,
  'a break and a continue': `for (const n of ['a', 'b', 'c']) { await using a = await svc.open(n); if (n === 'a') continue; await svc.id(n); if (n === 'b') break } return 'end'`,
  'several in one block': `{ await using a = await svc.open('a'), b = await svc.open(a.name + 'b'); await using c = await svc.open('c'); await svc.id(b.name + c.name) } return 'end'`,
  'nested blocks': `{ await using a = await svc.open('a'); { using b = await svc.open('b'); await svc.id(a.name + b.name) } await svc.id(a.name) } return 'end'`,
  'one that cannot be opened': `try { await using a = await svc.open('a'); await using b = await svc.fail('no b'); await svc.id('never') } catch (e: any) { return e.message }`,
  'one that cannot be closed': `try { await using a = await svc.open('broken'); await svc.id(1) } catch (e: any) { return e.message }`,
  'an error on top of an error': `try { await using a = await svc.open('broken'); throw new Error('first') } catch (e: any) { return [e.name, e.error.message, e.suppressed.message] }`,
  'nothing to hold': `await using a = null; await using b = await svc.nothing(); return await svc.id('fine')`,
  'a helper that opens its own': `const f = async (n: string) => { await using a = await svc.open(n); return await svc.id(a.name) }; return [await f('x'), await f('y')]`,
  'the head of a loop': `let names = ''; for (await using a of [await svc.open('a')]) names += a.name; return await svc.id(names)`,
}

async function durably(body: string, options: object): Promise<Outcome> {
  const trace: string[] = []
  return drive(sourceOf(body), { services: services(trace), params: { id: 'x' }, trace, ...options })
}

describe.each(Object.entries(shapes))('left by %s', (_name, body) => {
  test('in memory, as in plain code', async () => {
    const trace: string[] = []
    const native = await runNative(sourceOf(body), services(trace), { id: 'x' }, trace)
    expect(await durably(body, {})).toEqual(native)
  })

  test('with the memory dropped at every stop but where it is held', async () => {
    const plain = await durably(body, {})
    const { result, error, trace } = await durably(body, { durable: codec })
    expect([result, error, trace]).toEqual([plain.result, plain.error, plain.trace])
  })
})

test('over a wait it is closed, and opened again where it is used next', async () => {
  const body = `{ await using a = await svc.open('a'); await svc.id(a.name); await delay.days(1); await svc.id('still closed'); await svc.id(a.name) } return 'end'`
  const { trace } = await durably(body, { durable: codec })
  expect(trace).toEqual([...['open a', 'id("a")', 'close a', 'id("still closed")', 'open a', 'id("a")', 'close a']])
})

test('over a wait it is not opened again when nothing uses it', async () => {
  const body = `{ await using a = await svc.open('a'); await delay.days(1); await svc.id('unused') } return 'end'`
  expect((await durably(body, { durable: codec })).trace).toEqual(['open a', 'close a', 'id("unused")'])
})

test('one that is gone after a wait is an error where it is used', async () => {
  let opened = 0
  const trace: string[] = []
  const { svc } = tracingServices(trace)
  const once = async (): Promise<object | null> =>
    opened++ === 0 ? { n: 1, async [Symbol.asyncDispose]() {}, [Symbol.dispose]() {} } : null
  const { result } = await drive(
    sourceOf(
      `try { await using a = await svc.once(); await delay.days(1); await svc.id('before'); await svc.id(a.n) } catch (e: any) { return [e.code, e.message] }`,
    ),
    { services: { svc: { ...svc, once } }, params: { id: 'x' }, trace, durable: codec },
  )
  expect(result).toEqual(['ENGINE_RESOURCE_GONE', '`a` was released while the process waited, and is gone now'])
  expect(trace).toEqual(['id("before")'])
})
