/**
 * The words of a .proto file. `tokenize` reads the whole text at once; every token knows its place and the comments
 * that stand between it and the token before, so that a parser can keep the documentation of a declaration.
 */
import { ProtoSyntaxError, type ProtoPosition } from '../errors.ts'

export type TokenKind = 'identifier' | 'integer' | 'float' | 'string' | 'symbol' | 'end'

export interface Comment {
  readonly text: string
  readonly line: number
  readonly endLine: number
}

export interface Token extends ProtoPosition {
  readonly kind: TokenKind
  /** The text; for a string the decoded bytes as Latin-1 characters (see stringBytes). */
  readonly text: string
  readonly endLine: number
  readonly comments: readonly Comment[]
}

const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['identifier', /[A-Za-z_][A-Za-z0-9_]*/y],
  ['float', /(?:\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)[fF]?/y],
  ['integer', /0[xX][0-9a-fA-F]+|\d+/y],
  ['symbol', /[{}()[\]<>;,.=:/+-]/y],
]

/** Throws ProtoSyntaxError at the first character that cannot be in a .proto file. */
export function tokenize(file: string, source: string): Token[] {
  const tokens: Token[] = []
  let comments: Comment[] = []
  let offset = source.startsWith('\uFEFF') ? 1 : 0
  let line = 1
  let lineStart = offset

  const place = (): ProtoPosition => ({ line, column: offset - lineStart + 1 })
  const fail = (reason: string): never => {
    throw new ProtoSyntaxError(file, place(), reason)
  }
  const advance = (end: number): void => {
    for (let at = source.indexOf('\n', offset); at !== -1 && at < end; at = source.indexOf('\n', at + 1)) {
      line++
      lineStart = at + 1
    }
    offset = end
  }
  const push = (kind: TokenKind, text: string, end: number): void => {
    const start = place()
    advance(end)
    tokens.push({ kind, text, ...start, endLine: line, comments })
    comments = []
  }

  while (offset < source.length) {
    const character = source[offset] ?? ''
    if (/\s/.test(character)) advance(offset + 1)
    else if (source.startsWith('//', offset)) {
      const newline = source.indexOf('\n', offset)
      const end = newline === -1 ? source.length : newline
      comments.push({ text: source.slice(offset + 2, end).replace(/\r$/, ''), line, endLine: line })
      advance(end)
    } else if (source.startsWith('/*', offset)) {
      const close = source.indexOf('*/', offset + 2)
      if (close === -1) fail('this comment is never closed')
      const startLine = line
      const text = source.slice(offset + 2, close).replace(/^[ \t]*\*[ ]?/gm, '')
      advance(close + 2)
      comments.push({ text, line: startLine, endLine: line })
    } else if (character === '"' || character === "'") {
      const { text, end } = readString(source, offset, fail)
      push('string', text, end)
    } else {
      const match = matchToken(source, offset)
      if (match === undefined) return fail(`unexpected character ${JSON.stringify(character)}`)
      push(match.kind, match.text, offset + match.text.length)
    }
  }
  push('end', '', offset)
  return tokens
}

function matchToken(source: string, offset: number): { kind: TokenKind; text: string } | undefined {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = offset
    const text = pattern.exec(source)?.[0]
    if (text !== undefined) return { kind, text }
  }
  return undefined
}

const simpleEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
  '?': 63,
}

const utf8 = new TextEncoder()

function readString(source: string, start: number, fail: (reason: string) => never): { text: string; end: number } {
  const quote = source[start]
  const bytes: number[] = []
  let at = start + 1
  for (;;) {
    const character = source[at]
    if (character === undefined || character === '\n') return fail('this string is never closed')
    if (character === quote) return { text: bytesToText(bytes), end: at + 1 }
    if (character !== '\\') {
      const whole = String.fromCodePoint(source.codePointAt(at) ?? 0)
      bytes.push(...utf8.encode(whole))
      at += whole.length
      continue
    }
    const escape = /\\(?:[xX]([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([abfnrtv\\'"?]))/y
    escape.lastIndex = at
    const match = escape.exec(source)
    if (match === null) return fail(`unknown escape ${JSON.stringify(source.slice(at, at + 2))} in a string`)
    const [whole, hex, octal, unicode, wide, simple] = match
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16))
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 255)
    else if (simple !== undefined) bytes.push(simpleEscapes[simple] ?? 0)
    else {
      const point = Number.parseInt(unicode ?? wide ?? '', 16)
      if (point > 0x10ffff) return fail(`no such character: ${whole}`)
      bytes.push(...utf8.encode(String.fromCodePoint(point)))
    }
    at += whole.length
  }
}

function bytesToText(bytes: readonly number[]): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** The bytes of a string token. */
export function stringBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** The text of a string token, whose bytes must be UTF-8; undefined when they are not. */
export function stringText(text: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(stringBytes(text))
  } catch {
    return undefined
  }
}
