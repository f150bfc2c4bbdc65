/**
 * Builds one statement out of parts that belong together: common table expressions, arrays of rows as `unnest(...)`, and
 * one `bytea` parameter that carries all bytes of the batch, cut up by offset and length. An array of `bytea` would be
 * parsed byte by byte by the server; the blob is not.
 */
import { type SqlStatement, type SqlValue, sqlArray } from '../../sql/connection.ts'

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
  readonly #pieces: Uint8Array[] = []
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

  bytes(piece: Uint8Array): Slice {
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
  with(name: string, text: string): void {
    this.#expressions.push(`${name} as (${text})`)
  }

  finish(select: string): SqlStatement {
    if (this.#blob > 0) this.#parameters[this.#blob - 1] = Buffer.concat(this.#pieces, this.#length)
    const text = this.#expressions.length > 0 ? `with ${this.#expressions.join(',\n')}\n${select}` : select
    return { text, parameters: this.#parameters }
  }
}
