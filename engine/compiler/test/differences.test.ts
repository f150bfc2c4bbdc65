/** One test per line of docs/differences.md: what is different, and that it is so on purpose. */
import { expect, test } from 'bun:test'
import { createValueCodec } from '../../value/create-codec.ts'
import { transform } from '../index.ts'
import { sourceOf } from './cases.ts'
import { drive, type Outcome } from './driver.ts'
import { tracingServices } from './services.ts'

const codec = createValueCodec()

async function durable(body: string, bindings: Record<string, unknown> = {}): Promise<Outcome> {
  const trace: string[] = []
  return drive(sourceOf(body), {
    services: tracingServices(trace),
    params: { id: 'x' },
    trace,
    durable: codec,
    bindings,
  })
}

test('1: values are copied at a wait, identity among them is kept', async () => {
  const body = `const shared = Object.prototype; const mine = { n: 1 }; const pair = [mine, mine]; await svc.id(1); return [pair[0] === pair[1], pair[0] === mine]`
  expect((await durable(body)).result).toEqual([true, true])
})

test('2: local functions are new objects after a restart', async () => {
  const { result } = await durable(
    `let n = 1; const f = () => ++n; const seen = new WeakSet([f]); const before = seen.has(f); await svc.id(1); return [before, f(), n]`,
  )
  expect(result).toEqual([true, 2, 2])
})

test('3: a function inside a value cannot be stored, and says where', async () => {
  const outcome = durable(`const o = { inner: { f: () => 1 } }; await svc.id(1); return o.inner.f()`)
  await expect(outcome).rejects.toThrow(/o\.inner\.f/)
})

test('4: a method is looked up after its arguments', async () => {
  const { result } = await durable(
    `const o: any = { m: null }; const xs = [3, 1]; (xs as any).at = undefined; delete (xs as any).at; return xs.at(await svc.id(1))`,
  )
  expect(result).toBe(1)
})

test('5: for of reads other iterables to the end first', async () => {
  const { result } = await durable(
    `const m = new Map([[1, 1]]); let turns = 0; for (const [k] of m) { if (turns < 5) m.set(k + 1, 1); turns++; await svc.id(k) } return [turns, m.size]`,
  )
  expect(result).toEqual([1, 2])
})

test('6: for await reads to the end first', async () => {
  const { trace } = await durable(`for await (const x of [svc.id('a'), svc.id('b')]) await svc.id(x + '!')`)
  expect(trace).toEqual(['id("a")', 'id("b")', 'id("a!")', 'id("b!")'])
})

test('5 and 6: what never ends is refused, what is only long is not', async () => {
  const endless = `const forever = () => ({ n: 0, next() { return { done: false, value: this.n++ } }, [Symbol.iterator]() { return this } }) as any;`
  expect((await durable(`${endless} for (const x of forever()) await svc.id(x)`)).error).toContain(
    'IterationLimitError',
  )
  expect((await durable(`${endless} for await (const x of forever()) await svc.id(x)`)).error).toContain('10000 items')
  expect(
    (
      await durable(
        `let n = 0; for (const x of new Set(Array.from({ length: 10_001 }, (_e, i) => i))) if (n++ === 10_000) await svc.id(x)`,
      )
    ).trace,
  ).toEqual(['id(10000)'])
})

test('7: no temporal dead zone in blocks with awaits', async () => {
  const { result } = await durable(
    `const early = () => later; const seen = early(); await svc.id(1); const later = 2; return [seen, later]`,
  )
  expect(result).toEqual([undefined, 2])
})

test('8: what still runs when the handler ends is cancelled', async () => {
  const { result, trace } = await durable(
    `const work = async () => { await svc.id('first'); await svc.id('second') }; void work(); return 'done'`,
  )
  expect(result).toBe('done')
  expect(trace).not.toContain('id("second")')
})

test('9: a returned call inside try is caught by it', async () => {
  expect((await durable(`try { return svc.fail('x') } catch { return 'caught' }`)).result).toBe('caught')
})

test('12: a rejected floating call that nobody awaits is dropped', async () => {
  expect(
    (
      await durable(
        `const work = async () => { await svc.fail('lost') }; void work(); await svc.id(1); await svc.id(2); return 'fine'`,
      )
    ).result,
  ).toBe('fine')
})

test('14: a service call that is never awaited is plain code, one that is awaited later is a step', async () => {
  const { program } =
    transform('/app/case.ts', sourceOf(`svc.id('plain'); const p = svc.id('step'); await svc.id('first'); return p`))
      ?.programs[0] ?? {}
  expect(program?.steps.length).toBe(3)
  expect(program?.ops.filter((op) => op.op === 'spawn').length).toBe(1)
})

test('13: the name of a function may be empty', async () => {
  expect((await durable(`const f = () => 1; await svc.id(1); return typeof f.name`)).result).toBe('string')
})
