/**
 * Options as written: a dotted name whose parts may be extensions in parentheses, and a value. What they mean is known
 * only when the file is linked (interpret-options.ts).
 */
import type { ProtoPosition } from '../errors.ts'
import { integerValue, type Declaration, type ProtoCursor } from './cursor.ts'

export interface OptionName {
  readonly text: string
  readonly extension: boolean
}

export type OptionValue =
  | { readonly kind: 'identifier'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'message'; readonly entries: readonly OptionEntry[] }
  | { readonly kind: 'list'; readonly values: readonly OptionValue[] }

export interface OptionEntry extends ProtoPosition {
  readonly name: readonly OptionName[]
  readonly value: OptionValue
}

/** `option name = value;` after the word `option`. */
export function parseOptionStatement(cursor: ProtoCursor, declaration: Declaration): void {
  declaration.options.push(parseAssignment(cursor))
  cursor.expect(';')
}

/** `[name = value, ...]`, if there is one. */
export function parseOptionList(cursor: ProtoCursor, declaration: Declaration): void {
  if (!cursor.accept('[')) return
  do declaration.options.push(parseAssignment(cursor))
  while (cursor.accept(','))
  cursor.expect(']')
}

function parseAssignment(cursor: ProtoCursor): OptionEntry {
  const { line, column } = cursor.token
  const name: OptionName[] = []
  do {
    if (cursor.accept('(')) {
      name.push({ text: cursor.qualified('the name of an extension'), extension: true })
      cursor.expect(')')
    } else name.push({ text: cursor.identifier('the name of an option'), extension: false })
  } while (cursor.accept('.'))
  cursor.expect('=')
  return { name, value: parseValue(cursor, false), line, column }
}

function parseValue(cursor: ProtoCursor, inMessage: boolean): OptionValue {
  if (cursor.at('{') || (inMessage && cursor.at('<'))) return { kind: 'message', entries: parseMessage(cursor) }
  if (inMessage && cursor.accept('[')) {
    const values: OptionValue[] = []
    while (!cursor.accept(']')) {
      values.push(parseValue(cursor, true))
      if (!cursor.at(']')) cursor.expect(',')
    }
    return { kind: 'list', values }
  }
  if (cursor.token.kind === 'string') return { kind: 'string', text: cursor.rawString() }
  const negative = cursor.accept('-')
  if (!negative) cursor.accept('+')
  const token = cursor.next()
  if (token.kind === 'integer') return { kind: 'integer', value: integerValue(token.text) * (negative ? -1n : 1n) }
  if (token.kind === 'float') {
    const value = Number(token.text.replace(/[fF]$/, ''))
    return { kind: 'float', value: negative ? -value : value }
  }
  if (token.kind !== 'identifier') return cursor.fail('expected a value', token)
  if (!negative) return { kind: 'identifier', text: token.text }
  if (!/^(inf|infinity|nan)$/i.test(token.text)) return cursor.fail('expected a number after "-"', token)
  return { kind: 'float', value: /^nan$/i.test(token.text) ? Number.NaN : Number.NEGATIVE_INFINITY }
}

/** A value in protobuf's text format: `{ a: 1 b { c: "x" } [pkg.ext]: 2 }`. */
function parseMessage(cursor: ProtoCursor): OptionEntry[] {
  const close = cursor.next().text === '{' ? '}' : '>'
  const entries: OptionEntry[] = []
  while (!cursor.accept(close)) {
    const { line, column } = cursor.token
    const name = [parseFieldName(cursor)]
    if (!cursor.accept(':') && !cursor.at('{') && !cursor.at('<')) cursor.expected('":"')
    entries.push({ name, value: parseValue(cursor, true), line, column })
    if (!cursor.accept(',')) cursor.accept(';')
  }
  return entries
}

function parseFieldName(cursor: ProtoCursor): OptionName {
  if (!cursor.accept('[')) return { text: cursor.identifier('the name of a field'), extension: false }
  let text = cursor.qualified('the name of an extension')
  while (cursor.accept('/')) text += `/${cursor.qualified('the name of a message')}`
  cursor.expect(']')
  return { text, extension: true }
}
