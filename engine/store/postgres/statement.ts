/**
 * Builds one statement out of parts that belong together: common table expressions, arrays of rows as `unnest(...)`, and
 * one parameter that carries all bytes of the batch, cut up by offset and length. An array of `bytea` would be parsed byte
 * by byte by the server; the blob is not. As long as all of it is ASCII, which is the same in every encoding, it travels as
 * text: half the bytes of hexadecimal, and nothing to translate on either side.
 */
import { isAscii } from 'node:buffer'
import { type SqlStatement, type SqlValue, sqlArray } from '../../sql/connection.ts'
import { type Bytes, plainBytes, TextBytes } from '../../value/text-bytes.ts'

/** Where a piece of bytes lies in the blob: `substr(blob, offset, length)`, from 1. */
export interface Slice {
  readonly offset: number
  readonly length: number
}

/** A column of rows: its SQL type and a value for each row. */
export type Column = readonly [type: string, values: readonly (string | number | bigint | boolean | null)[]]

export class Statement {
  readonly #parameters: SqlValue[] = []
  readonly #expressions: string[] = []
  readonly #pieces: Bytes[] = []
  #length = 0
  #blob = 0

  /** A parameter: `$3`. */
  value(value: SqlValue): string {
    return `$${this.#parameters.push(value)}`
  }

  /** The parameter that holds all bytes. */
  get blob(): string {
    if (this.#blob === 0) this.#blob = this.#parameters.push(null)
    return `$${this.#blob}::bytea`
  }

  bytes(piece: Bytes): Slice {
    const slice = { offset: this.#length + 1, length: piece.length }
    this.#pieces.push(piece)
    this.#length += piece.length
    return slice
  }

  /** Rows as a table: `unnest($1::uuid[],$2::int4[]) as x(id,seq)`. */
  rows(alias: string, columns: Readonly<Record<string, Column>>): string {
    const arrays = Object.values(columns).map(([type, values]) => `${this.value(sqlArray(values))}::${type}[]`)
    return `unnest(${arrays.join(',')}) as ${alias}(${Object.keys(columns).join(',')})`
  }

  /** Adds `name as (text)` to the statement. */
  with(name: string, text: string, how: 'materialized' | '' = ''): void {
    this.#expressions.push(`${name} as ${how} (${text})`)
  }

  finish(select: string): SqlStatement {
    const text = this.#expressions.length > 0 ? `with ${this.#expressions.join(',\n')}\n${select}` : select
    if (this.#blob === 0) return { text, parameters: this.#parameters }
    const ascii = asciiOf(this.#pieces)
    this.#parameters[this.#blob - 1] = ascii ?? Buffer.concat(this.#pieces.map(plainBytes), this.#length)
    if (ascii === undefined) return { text, parameters: this.#parameters }
    // A query of its own is run once; the bare function would be called for every row.
    const converted = text.replaceAll(this.blob, `(select convert_to($${this.#blob}::text, 'UTF8'))`)
    return { text: converted, parameters: this.#parameters }
  }
}

/** All of it as one text, if it is ASCII without NUL. */
function asciiOf(pieces: readonly Bytes[]): string | undefined {
  const texts: string[] = []
  for (const piece of pieces) {
    const isText = piece instanceof TextBytes
    if (isText ? piece.text.length !== piece.length : !isAscii(piece) || piece.includes(0)) return undefined
    texts.push(isText ? piece.text : Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1'))
  }
  return texts.join('')
}
