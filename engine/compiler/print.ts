/** Regions as text, with where each piece of it came from. */
import { print } from 'esrap'
import ts from 'esrap/languages/ts'
import type { Node } from './ast.ts'

export interface Printed {
  readonly text: string
  /** `[line, column, source line, source column]`, all from 1, ascending. */
  readonly map: readonly (readonly [number, number, number, number])[]
}

/** The body of an arrow function: a block, or an expression in parentheses. */
export function printRegion(node: Node): Printed {
  const { code, map } = print(node as never, ts() as never, { sourceMapEncodeMappings: false } as never)
  const isBlock = node.type === 'BlockStatement'
  const shift = isBlock ? 0 : 1
  const segments = (map as { mappings: number[][][] }).mappings.flatMap((line, index) =>
    line
      .filter((each) => each.length >= 4)
      .map((each): [number, number, number, number] => [
        index + 1,
        (each[0] as number) + 1 + (index === 0 ? shift : 0),
        (each[2] as number) + 1,
        (each[3] as number) + 1,
      ]),
  )
  return { text: isBlock ? code : `(${code})`, map: segments }
}

/** Characters after which a line break changes nothing. */
const BREAKABLE = /[;{}(,[&|?:*]$/

/**
 * The same code with its pieces on the lines they came from, as far as they come in that order: `from` is the line it
 * starts on, `to` the last line there is. Answers the text and the line it ends on.
 */
export function layOut(printed: Printed, from: number, to: number): { text: string; line: number } {
  const lines = printed.text.split('\n')
  let line = from
  let text = ''
  let literal = false
  const add = (piece: string): void => {
    text += piece
    for (const char of piece) if (char === '`') literal = !literal
  }
  const byLine = Map.groupBy(printed.map, (each) => each[0])
  lines.forEach((content, index) => {
    const marks = byLine.get(index + 1) ?? []
    let column = 0
    const start = literal ? '' : content.slice(0, content.length - content.trimStart().length)
    column = start.length
    for (const [, generated, source] of marks) {
      const at = Math.max(column, generated - 1)
      add(content.slice(column, at))
      column = at
      if (!literal && source > line && source <= to && BREAKABLE.test(text.trimEnd())) {
        text = `${text.trimEnd()}${'\n'.repeat(source - line)}`
        line = source
      }
    }
    add(content.slice(column))
    if (index === lines.length - 1) return
    if (literal) {
      text += '\n'
      line++
    } else text += ' '
  })
  return { text, line }
}
