/**
 * Walks over tokens. The parsers of files, messages, enums and services share one cursor; it also keeps, for every
 * descriptor they make, the place and the comments of its declaration.
 */
import { ProtoSyntaxError, type ProtoPosition } from '../errors.ts'
import { stringText, tokenize, type Token } from './token.ts'
import type { OptionEntry } from './option.ts'

/** What the source says about a declaration beyond its descriptor. */
export interface Declaration extends ProtoPosition {
  leading: string | undefined
  trailing: string | undefined
  /** Options as written; interpreted after linking, when the types of custom options are known. */
  readonly options: OptionEntry[]
}

export class ProtoCursor {
  readonly file: string
  readonly declarations = new Map<object, Declaration>()
  /** Where the type of a field, or the input and output of a method, is named. */
  readonly typePlaces = new Map<object, ProtoPosition[]>()
  readonly extendeePlaces = new Map<object, ProtoPosition>()
  readonly importPlaces = new Map<string, ProtoPosition>()
  private readonly tokens: readonly Token[]
  private index = 0

  constructor(file: string, source: string) {
    this.file = file
    this.tokens = tokenize(file, source)
  }

  get token(): Token {
    return this.tokens[this.index] ?? this.tokens[this.tokens.length - 1]!
  }

  peek(distance: number): Token {
    return this.tokens[this.index + distance] ?? this.tokens[this.tokens.length - 1]!
  }

  next(): Token {
    const token = this.token
    if (token.kind !== 'end') this.index++
    return token
  }

  fail(reason: string, at: ProtoPosition = this.token): never {
    throw new ProtoSyntaxError(this.file, { line: at.line, column: at.column }, reason)
  }

  expected(what: string): never {
    const { kind, text } = this.token
    return this.fail(`expected ${what}, found ${kind === 'end' ? 'the end of the file' : JSON.stringify(text)}`)
  }

  /** Is the current token this word or symbol? */
  at(text: string): boolean {
    return this.token.text === text && (this.token.kind === 'symbol' || this.token.kind === 'identifier')
  }

  accept(text: string): boolean {
    if (!this.at(text)) return false
    this.index++
    return true
  }

  expect(text: string): Token {
    if (!this.at(text)) this.expected(JSON.stringify(text))
    return this.next()
  }

  identifier(what: string): string {
    if (this.token.kind !== 'identifier') this.expected(what)
    return this.next().text
  }

  /** `a.b.C` or `.a.b.C`. */
  qualified(what: string): string {
    let name = this.accept('.') ? '.' : ''
    name += this.identifier(what)
    while (this.accept('.')) name += `.${this.identifier(what)}`
    return name
  }

  /** The name of a type, remembered as a part of `owner`. */
  typeName(owner: object, what: string): string {
    const { line, column } = this.token
    const places = this.typePlaces.get(owner) ?? []
    this.typePlaces.set(owner, [...places, { line, column }])
    return this.qualified(what)
  }

  /** One or more adjacent string literals, as UTF-8 text. */
  string(what: string): string {
    if (this.token.kind !== 'string') this.expected(what)
    const start = this.token
    const text = stringText(this.rawString())
    return text ?? this.fail('this string is not valid UTF-8', start)
  }

  rawString(): string {
    let text = ''
    while (this.token.kind === 'string') text += this.next().text
    return text
  }

  /** A whole number within [minimum, maximum], both included. */
  integer(what: string, minimum: number, maximum: number): number {
    const start = this.token
    const negative = this.accept('-')
    if (this.token.kind !== 'integer') this.expected(what)
    const value = integerValue(this.next().text) * (negative ? -1n : 1n)
    if (value < BigInt(minimum) || value > BigInt(maximum)) {
      this.fail(`${what} must be from ${minimum} to ${maximum}, not ${value}`, start)
    }
    return Number(value)
  }

  /** Starts a declaration at the current token: its place, and the comment directly above it. */
  declare(descriptor: object): Declaration {
    const token = this.token
    const previous = this.index === 0 ? undefined : this.tokens[this.index - 1]
    const above = token.comments.filter((comment) => previous === undefined || comment.line > previous.endLine)
    const declaration: Declaration = {
      line: token.line,
      column: token.column,
      leading: lastBlock(above, token.line),
      trailing: undefined,
      options: [],
    }
    this.declarations.set(descriptor, declaration)
    return declaration
  }

  /** To call after the token that ends a declaration (`;` or `{`): takes the comment behind it on the same line. */
  takeTrailing(declaration: Declaration): void {
    const previous = this.tokens[this.index - 1]
    const behind = this.token.comments.find((comment) => comment.line === previous?.endLine)
    if (behind !== undefined) declaration.trailing = behind.text.trim()
  }

  /** Reads `{ ... }`, calling `body` for each statement; empty statements are skipped. */
  block(body: () => void): void {
    const open = this.expect('{')
    while (!this.accept('}')) {
      if (this.token.kind === 'end') this.fail('this block is never closed', open)
      if (!this.accept(';')) body()
    }
  }
}

/** The text of a number token: decimal, octal (leading 0) or hexadecimal. */
export function integerValue(text: string): bigint {
  return /^0[0-7]+$/.test(text) ? BigInt(`0o${text.slice(1)}`) : BigInt(text.replace(/^0+(?=\d)/, ''))
}

function lastBlock(comments: readonly { text: string; line: number; endLine: number }[], line: number) {
  const block: string[] = []
  let below = line
  for (const comment of [...comments].reverse()) {
    if (comment.endLine < below - 1) break
    block.unshift(comment.text)
    below = comment.line
  }
  const text = block
    .map((part) => part.replace(/^ /, ''))
    .join('\n')
    .trim()
  return text === '' ? undefined : text
}
