/** Source text to syntax tree: parsed by oxc, types erased, with `loc` on every node. */
import { parseSync } from 'oxc-parser'
import type { Node } from './ast.ts'
import { eraseTypes } from './erase-types.ts'

export interface ParsedModule {
  readonly program: Node
  /** Offset to line and column. */
  readonly locate: (offset: number) => { line: number; column: number }
}

/** Parses a module; `undefined` when it has syntax errors (whoever loads it next reports them). */
export function parseModule(file: string, source: string): ParsedModule | undefined {
  const lang = /\.[cm]?tsx$/.test(file) ? 'tsx' : /\.[cm]?ts$/.test(file) ? 'ts' : 'jsx'
  const result = parseSync(file, source, { lang, sourceType: 'module', preserveParens: false })
  if (result.errors.length > 0) return undefined
  const locate = locator(source)
  const program = result.program as unknown as Node
  return { program: eraseTypes(program, locate) ?? program, locate }
}

function locator(source: string): ParsedModule['locate'] {
  const starts = [0]
  for (let index = source.indexOf('\n'); index >= 0; index = source.indexOf('\n', index + 1)) starts.push(index + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) }
  }
}
