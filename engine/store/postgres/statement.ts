/**
 * Builds one statement out of parts that belong together: common table expressions, arrays of rows as `unnest(...)`, and
 * one parameter that carries all bytes of the batch, cut up by offset and length. An array of `bytea` would be parsed byte
 * by byte by the server; the blob is not. As long as all of it is ASCII, which is the same in every encoding, it travels as
 * text: half the bytes of hexadecimal, and nothing to translate on either side.
 */
import { type SqlStatement, type SqlValue, sqlArray } from '../../sql/connection.ts'
import { asciiOf, type Bytes, plainBytes } from '../../value/text-bytes.ts'

/** Where a piece of bytes lies in the blob: `substr(blob, offset, length)`, from 1. */
export interface Slice {
  readonly offset: number
  readonly length: number
}

/** A column of rows: its SQL type and a value for each row. */
export type Column = readonly [type: string, values: readonly (string | number | bigint | boolean | null)[]]

export class Statement {
  readonly #single: boolean
  readonly #parameters: SqlValue[] = []
  readonly #expressions: string[] = []
  readonly #pieces = new Map<Bytes, Slice>()
  #length = 0
  #blob = 0

  /**
   * `single`: tables of one row are written as one row, which the server takes for constants: nothing is unnested and
   * joined. For statements about one process, which come alone and are waited for.
   */
  constructor(single = false) {
    this.#single = single
  }

  /** A parameter: `$3`. */
  value(value: SqlValue): string {
    return `$${this.#parameters.push(value)}`
  }

  /** The parameter that holds all bytes. */
  get blob(): string {
    if (this.#blob === 0) this.#blob = this.#parameters.push(null)
    return `$${this.#blob}::bytea`
  }

  /** What is given twice travels once: the outcome of a process is stored, and told to who waits for it. */
  bytes(piece: Bytes): Slice {
    const known = this.#pieces.get(piece)
    if (known !== undefined) return known
    const slice = { offset: this.#length + 1, length: piece.length }
    this.#pieces.set(piece, slice)
    this.#length += piece.length
    return slice
  }

  /** Rows as a table: `unnest($1::uuid[],$2::int4[]) as x(id,seq)`, or `(select $1::uuid as id,$2::int4 as seq) as x`. */
  rows(alias: string, columns: Readonly<Record<string, Column>>): string {
    if (this.#single && Object.values(columns).every(([, values]) => values.length === 1)) {
      const fields = Object.entries(columns).map(
        ([name, [type, [value]]]) => `${this.value(plainValue(value))}::${type} as ${name}`,
      )
      return `(select ${fields.join(',')}) as ${alias}`
    }
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
    const pieces = [...this.#pieces.keys()]
    const ascii = asciiOf(pieces)
    this.#parameters[this.#blob - 1] = ascii ?? Buffer.concat(pieces.map(plainBytes), this.#length)
    if (ascii === undefined) return { text, parameters: this.#parameters }
    // A query of its own is run once; the bare function would be called for every row.
    const converted = text.replaceAll(this.blob, `(select convert_to($${this.#blob}::text, 'UTF8'))`)
    return { text: converted, parameters: this.#parameters }
  }
}

/** `parameter` (`$1`) as bytes; `text`: what it is given as where they are ASCII, `undefined` where it is given bytes. */
export function bytesParameter(parameter: string, text: string | undefined): string {
  return text === undefined ? `${parameter}::bytea` : `convert_to(${parameter}::text, 'UTF8')`
}

/** As text: the driver gives booleans a type, and a statement that is given `null` instead would be another one. */
function plainValue(value: string | number | bigint | boolean | null | undefined): SqlValue {
  return value === null || value === undefined ? null : String(value)
}
