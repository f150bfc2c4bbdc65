/** One test per line of docs/differences.md: what plain code does, what a process does instead, and that it is so on purpose. */
import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cursor } from '../../machine/cursor.ts'
import { primitives } from '../../machine/primitives.ts'
import { createValueCodec } from '../../value/create-codec.ts'
import { transform } from '../index.ts'
import { sourceOf } from './cases.ts'
import { differences } from './differences.ts'
import { drive, type Outcome } from './driver.ts'
import { runNative } from './native.ts'
import { tracingServices } from './services.ts'

const codec = createValueCodec()

const alone = new Set([10, 11, 16])

test('5: arrays, maps and sets of any length are gone over without a copy', async () => {
  const many = 'Array.from({ length: 20_000 }, (_e, i) => i)'
  const loop = (items: string): string =>
    `const items = ${items}; let n = 0; for (const x of items) if (n++ === 19_999) await svc.id(x); return n`
  expect(await asProcess(loop(many))).toEqual({ shown: 20_000, trace: ['id(19999)'] })
  expect(await asProcess(loop(`new Set(${many})`))).toEqual({ shown: 20_000, trace: ['id(19999)'] })
  const { loop: begin } = primitives({ host: {} } as never)
  for (const items of [[1, 2, 3], new Set([1]), new Map([[1, 2]]), new Uint8Array(1), 'text'])
    expect((begin(items) as Cursor).source).toBe(items)
})

test('10: a step may run twice, with the same arguments', async () => {
  let made = 0
  const trace: string[] = []
  const { svc } = tracingServices(trace)
  const charge = async (amount: number): Promise<number> => (made++, amount)
  const { result } = await drive(sourceOf('return await svc.charge(Math.round(Math.random()) + 5)'), {
    services: { svc: { ...svc, charge: charge as never } },
    params: { id: 'x' },
    trace,
    durable: codec,
    crash: true,
  })
  expect([5, 6]).toContain(result as number)
  expect(made).toBe(2)
})

test('11: a resource is given up at a wait, and acquired again as it was declared', async () => {
  const opened: string[] = []
  const trace: string[] = []
  const { svc } = tracingServices(trace)
  const open = async (name: string): Promise<Disposable> => (opened.push(name), { [Symbol.dispose]() {} })
  await drive(
    sourceOf(
      `let name = 'a'; using held = await svc.open(name); name = 'b'; await delay.days(1); await svc.id(typeof held)`,
    ),
    { services: { svc: { ...svc, open: open as never } }, params: { id: 'x' }, trace, durable: codec },
  )
  expect(opened).toEqual(['a', 'a'])
})

test('16: fibers go on by their steps; results are in the order of the list', async () => {
  const body = `const log: any[] = []; const work = async (n: string) => { await svc.id(n); await svc.id(n); log.push(n); return n }; const r = await Promise.all([work('a'), work('b')]); return [r, log.toSorted()]`
  const expected = [
    ['a', 'b'],
    ['a', 'b'],
  ]
  expect((await plainly(body)).shown).toEqual(expected)
  const { shown, trace } = await asProcess(body)
  expect(shown).toEqual(expected)
  expect(trace.toSorted()).toEqual(['id("a")', 'id("a")', 'id("b")', 'id("b")'])
})

test('half of a surrogate pair is written as an escape: what is compiled is kept as UTF-8', () => {
  const { code } = transform('/app/half.ts', sourceOf(String.raw`const s = '\ud800'; await svc.id(1); return s`)) ?? {}
  expect(code).toContain(String.raw`\ud800`)
  expect(code?.isWellFormed()).toBe(true)
})

test('every line of the page is here', () => {
  const page = readFileSync(join(import.meta.dir, '../../../docs/differences.md'), 'utf8')
  const lines = [...page.matchAll(/^(\d+)\. \*\*/gm)].map(([, number]) => Number(number))
  const shown = [...Object.keys(differences).map(Number), ...alone].sort((a, b) => a - b)
  expect(shown).toEqual(lines)
})

test('14: what is never awaited is no step, what is awaited later is one', () => {
  const { program } =
    transform('/app/case.ts', sourceOf(`svc.id('plain'); const p = svc.id('step'); await svc.id('first'); return p`))
      ?.programs[0] ?? {}
  expect(program?.steps.length).toBe(3)
  expect(program?.ops.filter((op) => op.op === 'spawn').length).toBe(1)
})

async function plainly(body: string): Promise<{ shown: unknown; trace: readonly string[] }> {
  const trace: string[] = []
  const outcome = await runNative(sourceOf(body), tracingServices(trace), { id: 'x' }, trace, {
    outside: { object: {} },
  })
  return { shown: outcome.error ?? outcome.result, trace }
}

async function asProcess(
  body: string,
  { inMemory }: { inMemory?: boolean } = {},
): Promise<{ shown: unknown; trace: readonly string[] }> {
  const trace: string[] = []
  const source = sourceOf(body).replace(
    "'@justscale/core/process'",
    "'@justscale/core/process'; import { outside } from './outside.ts'",
  )
  const outcome = await drive(source, {
    services: tracingServices(trace),
    params: { id: 'x' },
    trace,
    bindings: { outside: { object: {} } },
    ...(inMemory ? {} : { durable: codec }),
  }).catch((error: unknown): Outcome => ({ result: undefined, error: String(error), trace, published: [] }))
  return { shown: outcome.error ?? outcome.result, trace }
}

describe.each(Object.entries(differences))('%s:', (_number, shown) => {
  test.each(Object.entries(shown))('%s', async (_name, { body, plain, process, calls, inMemory }) => {
    const [before, after] = [await plainly(body), await asProcess(body, { inMemory: inMemory === true })]
    expect([before.shown, after.shown]).toEqual([plain, process])
    if (calls) expect([before.trace, after.trace]).toEqual([...calls])
  })
})
