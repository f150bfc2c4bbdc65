/** What the compiler refuses: each with its code, the place, a code frame, a hint and a page. */
import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CompileError, transform } from '../index.ts'

const handler = (
  body: string,
): string => `import { createProcess, race, signal, delay, retry, routine, listen } from '@justscale/core/process'
import { outside } from './outside.ts'
let counter = 0
export const p = createProcess({ path: '/x/:id', async handler({ svc }: any, { id }: any) {
${body}
} })`

const refused: Readonly<Record<string, readonly [code: string, source: string, at: string]>> = {
  'a generator': ['COMPILE_GENERATOR', handler('const g = function* () { yield 1 }; await svc.id(1)'), '5:11'],
  this: ['COMPILE_THIS', handler('await svc.id(this)'), '5:14'],
  arguments: ['COMPILE_ARGUMENTS', handler('await svc.id(arguments.length)'), '5:14'],
  eval: ['COMPILE_EVAL', handler("await svc.id(eval('1'))"), '5:14'],
  'an enum': ['COMPILE_ENUM', handler('enum A { B }; await svc.id(1)'), '5:1'],
  'a parameter property': [
    'COMPILE_PARAMETER_PROPERTY',
    handler('class A { constructor(public x: number) {} }; await svc.id(1)'),
    '5:23',
  ],
  'an await in a callback for unknown code': [
    'COMPILE_ASYNC_CALLBACK',
    handler('[1].forEach(async (x) => { await svc.id(x) })'),
    '5:28',
  ],
  'a function in a value over an await': [
    'COMPILE_NOT_STORED',
    handler('const o = { go: () => 1 }; await svc.id(1); o.go()'),
    '5:17',
  ],
  'a function in the head of a loop over a variable of the head': [
    'COMPILE_FOR_HEAD',
    handler('for (let i = 0, g = () => i; i < 2; i++) await svc.id(g())'),
    '5:27',
  ],
  'an instance of a local class over an await': [
    'COMPILE_NOT_STORED',
    handler('class A {} const a = new A(); await svc.id(1); await svc.id(a)'),
    '5:22',
  ],
  'a call that gives a function over an await in its arguments': [
    'COMPILE_NOT_STORED',
    handler('const f = (n: number) => (m: number) => n + m; f(1)(await svc.id(2))'),
    '5:48',
  ],
  'a choice of functions that are not there after an await': [
    'COMPILE_NOT_STORED',
    handler('const f = (n: number) => (m: number) => n + m; const g = f; (id ? g : f(1))(await svc.id(2))'),
    '5:62',
  ],
  'a promise the handler resolves itself': [
    'COMPILE_NOT_STORED',
    handler('const { promise } = Promise.withResolvers(); await promise'),
    '5:21',
  ],
  'calls made in a callback of flatMap': [
    'COMPILE_ASYNC_CALLBACK',
    handler('await Promise.all([1].flatMap((n) => [svc.id(n)]))'),
    '5:19',
  ],
  'an accessor field': ['COMPILE_SYNTAX', handler('class A { accessor x = 1 } await svc.id(1)'), '5:11'],
  'an await in a race arm': [
    'COMPILE_RACE_AWAIT',
    handler('const r = race(); switch (true) { case delay.days(r, await svc.id(1)): break }'),
    '5:40',
  ],
  'a race arm without its race': [
    'COMPILE_RACE_VARIABLE',
    handler('switch (true) { case delay.days(3): break }'),
    '5:22',
  ],
  'a signal keyed by a later value': [
    'COMPILE_SIGNAL_MATCH',
    handler('const pledge = await svc.id(1); await signal(svc.charged, { pledge })'),
    '5:39',
  ],
  'assigning to an import': ['COMPILE_ASSIGN_BINDING', handler('await svc.id(1); counter++'), '5:18'],
  'assigning to a dependency': ['COMPILE_ASSIGN_DEPENDENCY', handler('svc = null; await svc.id(1)'), '5:1'],
  'assigning to a constant': ['COMPILE_ASSIGN_CONST', handler('const x = 1; x = await svc.id(2)'), '5:14'],
  'a fan-out in a lock block': [
    'COMPILE_FIBER_IN_LOCK',
    handler('using l = await svc.lock(id); await Promise.all([1, 2].map(async (n) => svc.id(n)))'),
    '5:49',
  ],
  'a call that runs beside a lock block': [
    'COMPILE_FIBER_IN_LOCK',
    handler('using l = await svc.lock(id); const p = svc.id(1); await svc.id(2); await p'),
    '5:41',
  ],
  'a function that starts fibers, in a lock block': [
    'COMPILE_FIBER_IN_LOCK',
    handler(
      'const both = async () => Promise.all([svc.id(1), svc.id(2)]); { using l = await svc.lock(id); await both() }',
    ),
    '5:95',
  ],
  with: ['COMPILE_WITH', handler('with ({}) { await svc.id(1) }'), '5:1'],
  'an await in the head of a class': [
    'COMPILE_AWAIT_PLACE',
    handler('class A extends (await svc.base()) {}; return new A()'),
    '5:18',
  ],
  'an await in the name of a member': [
    'COMPILE_AWAIT_PLACE',
    handler('return new (class { [(await svc.key()) as string]() {} })()'),
    '5:23',
  ],
  'what is deferred on a stack': [
    'COMPILE_NOT_STORED',
    handler('using s = new DisposableStack(); s.defer(() => 1); await svc.id(1)'),
    '5:11',
  ],
  'new.target': ['COMPILE_THIS', handler('await svc.id(new.target)'), '5:14'],
  'arguments of an async function': [
    'COMPILE_ARGUMENTS',
    handler('async function f(...a: any[]) { return arguments.length + (await svc.id(1)) }; await f(1)'),
    '5:40',
  ],
  'this of an async function': [
    'COMPILE_THIS',
    handler('async function f(this: any) { await svc.id(this) }; await f()'),
    '5:44',
  ],
  'a function that a call gives': [
    'COMPILE_NOT_STORED',
    handler('const add = (a: number) => (b: number) => a + b; const inc = add(1); await svc.id(inc(1)); return inc(2)'),
    '5:62',
  ],
  'a promise given to a service': [
    'COMPILE_NOT_STORED',
    handler('const p = svc.a(1); await svc.b({ p: [p] }); return await p'),
    '5:39',
  ],
  'a promise in what the handler returns': [
    'COMPILE_NOT_STORED',
    handler('const p = svc.a(1); await p; return { p }'),
    '5:39',
  ],
  'a var with the name of a parameter': [
    'COMPILE_SYNTAX',
    handler('const f = async (x: number, g = () => x) => { var x = 5; return [x, g(), await svc.a(1)] }; await f(1)'),
    '5:51',
  ],
  'a bound function': [
    'COMPILE_NOT_STORED',
    handler('function f(a: number) { return a }; const g = f.bind(null, 1); await svc.id(g()); return g()'),
    '5:47',
  ],
  'a namespace': ['COMPILE_ENUM', handler('namespace N { export const a = 1 } await svc.id(N)'), '5:1'],
  'an await in a method of an object': [
    'COMPILE_ASYNC_CALLBACK',
    handler('const o = { async m() { await svc.id(1) } }; await o.m()'),
    '5:25',
  ],
  'an awaiting function that is handed on': [
    'COMPILE_ASYNC_CALLBACK',
    handler('const f = async () => svc.id(1); await svc.id(f)'),
    '5:47',
  ],
  'an async generator': [
    'COMPILE_GENERATOR',
    handler('const g = async function* () { yield 1 }; for await (const x of g()) await svc.id(x)'),
    '5:11',
  ],
  'a handler too large': ['COMPILE_TOO_LARGE', handler('await a\n'.repeat(10_001)), '4:50'],
  'import.meta': ['COMPILE_SYNTAX', handler('await svc.id(import.meta.url)'), '5:14'],
  'an import': ['COMPILE_SYNTAX', handler("const m = await import('./other.ts'); await svc.id(m.x)"), '5:17'],
  JSX: ['COMPILE_SYNTAX', handler('await svc.id(<b>{id}</b>)'), '5:14'],
  'a decorator': ['COMPILE_SYNTAX', handler('class A { @svc.traced m() {} }; await svc.id(new A())'), '5:11'],
  'retry without a function': ['COMPILE_RETRY', handler('await retry({ attempts: 2 }, outside)'), '5:7'],
  'dependencies that are not taken by name': [
    'COMPILE_DEPENDENCIES',
    `import { createProcess } from '@justscale/engine'\ncreateProcess({ path: '/x', async handler({ a, ...rest }: any) {} })`,
    '2:48',
  ],
  'a handler that is not written in place': [
    'COMPILE_HANDLER',
    `import { createProcess } from '@justscale/engine'\nimport { handler } from './h.ts'\ncreateProcess({ path: '/x', handler })`,
    '3:29',
  ],
  'a handler that is not async': [
    'COMPILE_HANDLER_ASYNC',
    `import { createProcess } from '@justscale/engine'\ncreateProcess({ path: '/x', handler() {} })`,
    '2:29',
  ],
  'a path that is computed': [
    'COMPILE_PATH',
    `import { createProcess } from '@justscale/engine'\nconst a = '/x' + 1\ncreateProcess({ path: a, async handler() {} })`,
    '3:23',
  ],
  'a definition that is not an object': [
    'COMPILE_DEFINITION',
    `import { createProcess } from '@justscale/engine'\nconst d: any = {}\ncreateProcess(d)`,
    '3:1',
  ],
  'a routine that is not written in place': [
    'COMPILE_ROUTINE',
    `import { routine } from '@justscale/engine'\nimport { f } from './f.ts'\nexport const r = routine(f)`,
    '3:18',
  ],
}

const pages = join(import.meta.dir, '../../../docs/errors')

describe.each(Object.entries(refused))('%s', (_name, [code, source, at]) => {
  const error = (): CompileError => {
    try {
      transform(source.includes('<b>') ? '/app/case.tsx' : '/app/case.ts', source)
    } catch (thrown) {
      if (thrown instanceof CompileError) return thrown
      throw thrown
    }
    throw new Error('It compiles')
  }

  test('is refused at its place, with a way out', () => {
    const found = error().diagnostics.find((each) => each.code === code)
    expect(found && `${found.line}:${found.column}`).toBe(at)
    expect(found?.hint.length).toBeGreaterThan(10)
    expect(error().message).toMatch(new RegExp(`^/app/case\\.tsx?:${at} - ${code}`))
    expect(found?.frame).toContain(`> ${at.split(':')[0]} | `)
  })

  test('has a page', () => {
    expect(existsSync(join(pages, `${code}.md`))).toBe(true)
  })
})

test('every code of the compiler is in this table, and every page is of such a code', () => {
  const room = join(import.meta.dir, '..')
  const sources = readdirSync(room, { recursive: true, encoding: 'utf8' }).filter(
    (each) => each.endsWith('.ts') && !each.startsWith('test') && !each.startsWith('fixtures'),
  )
  const used = sources.flatMap(
    (each) => readFileSync(join(room, each), 'utf8').match(/(?<=')COMPILE_[A-Z_]+(?=')/g) ?? [],
  )
  const warned = ['COMPILE_EFFECT_IN_LOCK']
  const shown = [...Object.values(refused).map(([code]) => code), ...warned]
  expect([...new Set(used)].sort()).toEqual([...new Set(shown)].sort())
  const written = readdirSync(pages).filter((each) => each.startsWith('COMPILE_'))
  expect(written.sort()).toEqual([...new Set(shown)].sort().map((code) => `${code}.md`))
})

test('a process or a routine inside a handler is refused', () => {
  const inside = [
    ['COMPILE_ROUTINE', 'const r = routine(async () => svc.id(1)); await r()'],
    ['COMPILE_DEFINITION', "const q = createProcess({ path: '/q', async handler() {} }); await svc.id(q)"],
  ] as const
  for (const [code, body] of inside) {
    try {
      transform('/app/case.ts', handler(body))
      expect.unreachable()
    } catch (error) {
      expect((error as CompileError).diagnostics.map((each) => each.code)).toContain(code)
    }
  }
})

test('all refusals of a file are told at once', () => {
  try {
    transform('/app/case.ts', handler('await svc.id(this)\nawait svc.id(arguments)'))
    expect.unreachable()
  } catch (error) {
    expect((error as CompileError).diagnostics.map((each) => each.code)).toEqual(['COMPILE_THIS', 'COMPILE_ARGUMENTS'])
  }
})

test('what was started before a lock block may be awaited in it', () => {
  const body = 'const p = svc.id(1); { using l = await svc.lock(id); await svc.id(2); await p }'
  expect(transform('/app/case.ts', handler(body))?.programs.length).toBe(1)
})

test('an effect on another system in a lock block is warned about', () => {
  const result = transform(
    '/app/case.ts',
    handler('using l = await svc.lock(id); await svc.id(1); await id; await svc.b.c(1)')
      .replace('{ svc }', '{ svc, mail }')
      .replace('await svc.id(1)', 'await mail.send(1)'),
  )
  expect(result?.programs[0]?.debug.warnings).toEqual([expect.stringContaining('/app/case.ts:5:31')])
})

test('what is given the lock, and a process that is started, are not warned about', () => {
  const warnings = (body: string) =>
    transform('/app/case.ts', handler(`using l = await svc.lock(id); ${body}`).replace('{ svc }', '{ svc, more }'))
      ?.programs[0]?.debug.warnings
  expect(warnings('await more.settle(l); await more.paid({ order: l }); await more({ id })')).toEqual([])
  expect(warnings('await more.send(l.address)')).toHaveLength(1)
})
