/** Names around a definition that does not stand at the top of its module: bound, so that a stored program finds them too. */
import { expect, test } from 'bun:test'
import { CompileError, transform } from '../index.ts'
import { drive } from './driver.ts'
import { tracingServices } from './services.ts'

const process = (body: string, path = '/x/:id'): string =>
  `createProcess({ path: '${path}', async handler({ svc }, { id }) { ${body} } })`
const module = (text: string): string => `import { createProcess, delay } from '@justscale/core/process'\n${text}\n`

function bindingsOf(text: string): Record<string, string> {
  const [first] = transform('/app/case.ts', module(text))?.programs ?? []
  return Object.fromEntries(first?.program.bindings.map((each) => [each.name, each.origin]) ?? [])
}

const around: Readonly<Record<string, string>> = {
  'a parameter of a function': `function make(suffix) { return ${process('return (await svc.id(1)) + suffix')} }`,
  'a local of a function': `const make = () => { const suffix = 'a'; return ${process('return (await svc.id(1)) + suffix')} }`,
  'a var further down': `function make() { const p = ${process('return (await svc.id(1)) + suffix')}; if (p) { var suffix = 1 } return p }`,
  'a block': `{ const suffix = 5; ${process('return (await svc.id(1)) + suffix')} }`,
  'a loop': `for (const [suffix] of [[1]]) ${process('return (await svc.id(1)) + suffix')}`,
  'a clause of a switch': `switch (1) { case 1: const suffix = 1; ${process('return (await svc.id(1)) + suffix')} }`,
  'a caught error': `try {} catch (suffix) { ${process('return (await svc.id(1)) + suffix')} }`,
  'a namespace': `export namespace App { const suffix = 1; export const p = ${process('return (await svc.id(1)) + suffix')} }`,
  'a class expression': `const c = class suffix { static p = ${process('return (await svc.id(1)) + suffix.name')} }`,
}

for (const [name, text] of Object.entries(around)) {
  test(`${name} is a binding of this process`, async () => {
    const bindings = bindingsOf(text)
    expect(Object.keys(bindings)).toEqual(['suffix'])
    expect(bindings['suffix']).toEndWith('case.ts#/x/:id:suffix')
    expect(transform('/app/case.ts', module(text))?.code).toContain('get suffix() { return suffix }')
    const suffix = name === 'a class expression' ? { name: '!' } : '!'
    expect(await drive(module(text), { services: tracingServices([]), bindings: { suffix } })).toMatchObject({
      result: '1!',
      error: undefined,
    })
  })
}

test('a namespace, an import by `require` and a `var` in a block of the module are bindings of the module', () => {
  const text = `namespace Money { export const rate = 3 }\nimport os = require('node:os')\nif (os) { var late = 1 }\n`
  expect(bindingsOf(text + process('return [await svc.id(1), Money.rate, os.EOL, late]'))).toEqual({
    Money: expect.stringMatching(/case\.ts#Money$/),
    os: 'node:os#export=',
    late: expect.stringMatching(/case\.ts#late$/),
  })
})

test('what stands around hides the module and the primitives', async () => {
  const hidden = `const suffix = 1\nfunction make(suffix, delay) { return ${process('await delay.days(3); return suffix')} }`
  expect(Object.keys(bindingsOf(hidden))).toEqual(['delay', 'suffix'])
  const calls: number[] = []
  const bindings = { suffix: 's', delay: { days: async (n: number) => calls.push(n) } }
  expect((await drive(module(hidden), { services: tracingServices([]), bindings })).result).toBe('s')
  expect(calls).toEqual([3])
})

test('a helper around that waits is part of the program', async () => {
  const text = `function make(extra) { const wait = async (n) => { await delay.days(n); return n + extra }; return ${process('return await wait(2)')} }`
  const { result } = await drive(module(text), { services: tracingServices([]), bindings: { extra: 40 } })
  expect(result).toBe(42)
})

test('a handler does not write what stands around it', () => {
  const text = `function make() { let count = 0; return ${process('count++; await svc.id(1)')} }`
  try {
    transform('/app/case.ts', module(text))
    expect.unreachable()
  } catch (error) {
    expect((error as CompileError).diagnostics.map((each) => each.code)).toEqual(['COMPILE_ASSIGN_BINDING'])
  }
})
