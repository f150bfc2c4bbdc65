import { expect, test } from 'bun:test'
import { findBreaches, readImports } from './imports.ts'

function file(path: string, text: string) {
  return { path, imports: readImports(text) }
}

test.each([
  ['engine/a.ts', `import { x } from '@justscale/core'`, 'engine must not import core'],
  ['http/a.ts', `import { x } from '@justscale/rpc'`, 'http must not import rpc'],
  ['core/model/a.ts', `import { x } from '@justscale/engine'`, 'only core/process'],
  ['core/a.ts', `export { x } from '../engine/a.ts'`, 'reaches out of core by path'],
  ['rpc/a.ts', `const x = await import('@justscale/http')`, 'rpc must not import http'],
  ['adapters/memory/a.ts', `import '../postgres/b.ts'`, 'reaches out of adapters/memory'],
])('%s with %s is refused', (path, text, message) => {
  const breaches = findBreaches([file(path, text)])
  expect(breaches).toHaveLength(1)
  expect(breaches[0]).toStartWith(`${path}:1: `)
  expect(breaches[0]).toContain(message)
})

test.each([
  ['core/process/a.ts', `import { x } from '@justscale/engine'`],
  ['core/cell/a.ts', `import type { JoinableTransaction } from '@justscale/engine'`],
  ['core/cell/b.ts', `import { type JoinableTransaction } from '@justscale/engine'`],
  ['apps/shop/a.ts', `import { x } from '@justscale/http'`],
  ['core/a.ts', `// import { x } from '@justscale/http'\n/* import '@justscale/rpc' */`],
])('%s with %s is fine', (path, text) => {
  expect(findBreaches([file(path, text)])).toEqual([])
})

test('a cycle between files is refused, one of types is not', () => {
  const a = file('core/a.ts', `import { b } from './b/c.ts'`)
  const back = `import {\n  type A,\n  a,\n} from '../a.ts'`
  expect(findBreaches([a, file('core/b/c.ts', back)])).toEqual([
    'cycle of imports: core/a.ts -> core/b/c.ts -> core/a.ts',
  ])
  expect(findBreaches([a, file('core/b/c.ts', `import type { A } from '../a.ts'`)])).toEqual([])
})

test('the line of an import is that of its first word', () => {
  expect(readImports(`\n/* a\nb */\nimport {\n  x,\n} from './x.ts'`)).toEqual([
    { specifier: './x.ts', line: 4, typeOnly: false },
  ])
})
