/**
 * Nodes: how one object is written. A plain object is a JSON object of inline values; everything else is an array that
 * starts with its kind. The kinds are frozen: stored processes are read by every later version.
 */
import type { Inline } from './inline.ts'

export type Node = { readonly [key: string]: Inline } | NodeArray

export type NodeArray =
  | readonly ['a', ...Inline[]]
  | readonly ['ax', Inline, ...Inline[]]
  | readonly ['A', number, readonly number[]]
  | readonly ['m', ...Inline[]]
  | readonly ['s', ...Inline[]]
  | readonly ['M' | 'S', readonly number[]]
  | readonly ['o', { readonly [key: string]: Inline }]
  | readonly ['d', number | null]
  | readonly ['t', string, string]
  | readonly ['r', string, string, number]
  | readonly ['url' | 'usp', string]
  | readonly ['ab', string]
  | readonly ['v', string, Inline, number, number]
  | readonly ['buf', string]
  | readonly [
      'e',
      string,
      { readonly [key: string]: Inline },
      className?: string | null,
      enumerable?: readonly string[],
    ]
  | readonly ['x', string, Inline]

/** Arrays, maps and sets with more entries than this are split into parts of `CHUNK` entries, so that a push writes only the tail. */
export const CHUNK = 256
/** Part numbers of chunks: `(root part + 1) * CHUNK_SPACE + counter`. */
export const CHUNK_SPACE = 65_536

export const temporalKinds = [
  'Instant',
  'ZonedDateTime',
  'PlainDate',
  'PlainTime',
  'PlainDateTime',
  'PlainYearMonth',
  'PlainMonthDay',
  'Duration',
] as const

export const errorClasses = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
  SuppressedError,
} as const

export const viewClasses = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
} as const
