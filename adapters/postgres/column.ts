/** How each type of field is a column: its SQL type, and its values on the way in and out. */
import type { FieldDefinition, FieldType } from '@justscale/core'
import { sqlArray, type SqlValue } from '@justscale/engine/sql'
import { toServerText } from './calendar-text.ts'
import { snakeCase, storedName } from './identifier.ts'
import { decodeJson, decodeScalar, encodeJson } from './json-value.ts'

export interface Column {
  /** Field name. */
  readonly field: string
  /** Column name. */
  readonly name: string
  readonly definition: FieldDefinition
  /** As in `create table`. */
  readonly sqlType: string
  /** As parameters are cast. */
  readonly castType: string
  readonly decode: Decode | undefined
}

/** What every table of Postgres has already. */
const systemColumns = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'])

/** The column of a field: in snake case, that of a reference with `_id`, and `xmin_` where Postgres has one of that name. */
export function columnName(field: string, type: FieldType): string {
  const name = type.kind === 'ref' ? `${snakeCase(field)}_id` : snakeCase(field)
  return systemColumns.has(name) ? `${name}_` : storedName(name)
}

/** The type as parameters are cast to: without collation. */
export function castType(type: FieldType): string {
  switch (type.kind) {
    case 'string':
    case 'text':
    case 'enum':
    case 'duration':
      return 'text'
    case 'int':
      return 'integer'
    case 'decimal':
      return `numeric(${type.precision},${type.scale})`
    case 'float':
      return 'real'
    case 'double':
      return 'double precision'
    case 'timestamp':
      return 'timestamptz'
    case 'json':
    case 'array':
    case 'object':
      return 'jsonb'
    case 'bytes':
      return 'bytea'
    case 'ref':
      return 'uuid'
    case 'refs':
      return 'uuid[]'
    default:
      return type.kind
  }
}

/** Text is ordered by code point everywhere, whatever the database's locale. */
export function columnType(type: FieldType): string {
  const cast = castType(type)
  return cast === 'text' ? 'text collate "C"' : cast
}

/** A present or absent value as a parameter, to be cast to `castType`. */
export function encodeValue(type: FieldType, value: unknown): SqlValue {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'json':
    case 'array':
    case 'object':
      return JSON.stringify(encodeJson(type, value))
    case 'refs':
      return sqlArray(value as readonly string[])
    case 'bytes':
      return value as Uint8Array
    case 'boolean':
      return value as boolean
    case 'bigint':
      return String(value)
    case 'float':
    case 'double':
      return String(value)
    case 'int':
    case 'smallint':
      return value as number
    case 'timestamp':
    case 'date':
      return toServerText(String(value))
    default:
      return String(value)
  }
}

/** Bytes as the server reads them from text. */
export function hexText(bytes: Uint8Array): string {
  return `\\x${bytes.toHex()}`
}

/** A column in a select list: forms that the driver does not read are converted by the server. */
export function selectColumn(type: FieldType, expression: string): string {
  return type.kind === 'refs' ? `to_json(${expression})` : expression
}

/** Turns a present value, as the driver gives it, into the field's own form; `undefined` where it is that already. */
export type Decode = (value: unknown) => unknown

/** How values of a column are read. Made once per column, called for each row. */
export function decoderOf(type: FieldType): Decode | undefined {
  if (type.kind === 'array' || type.kind === 'object') return (value) => decodeJson(type, value)
  // The driver gives a `Buffer`, which prints and copies in ways of its own.
  return type.kind === 'bytes' ? (value) => new Uint8Array(value as Uint8Array) : decodeScalar(type)
}
