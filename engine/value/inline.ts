/**
 * How a value is written inside a node of a part. Primitives are JSON as they are; objects are references to their node;
 * the rest are marked arrays. A part is a JSON array whose first entry is the part's own value and whose further entries
 * are nodes: `[value, node 1, node 2, ...]`.
 *
 *   [3]          node 3 of this part             ['u']         undefined
 *   [7, 3]       node 3 of part 7                ['n' '+' '-'] NaN, Infinity, -Infinity
 *   ['h', 4]     4 holes in an array             ['z']         -0
 *                                                ['b', '12']   12n
 */
export type Inline =
  | string
  | number
  | boolean
  | null
  | readonly [number]
  | readonly [number, number]
  | readonly [string, (string | number)?]

/** A primitive as it is written, or `undefined` when `value` is no storable primitive. */
export function inlinePrimitive(value: unknown): Inline | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return inlineNumber(value)
    case 'undefined':
      return ['u']
    case 'bigint':
      return ['b', value.toString()]
    default:
      return value === null ? null : undefined
  }
}

function inlineNumber(value: number): Inline {
  if (Number.isFinite(value)) return Object.is(value, -0) ? ['z'] : value
  if (Number.isNaN(value)) return ['n']
  return value > 0 ? ['+'] : ['-']
}

/** The inverse of `inlinePrimitive` for marked arrays; `undefined` stands for `undefined`. */
export function readMarked(mark: string, operand: unknown): unknown {
  switch (mark) {
    case 'u':
      return undefined
    case 'n':
      return Number.NaN
    case '+':
      return Number.POSITIVE_INFINITY
    case '-':
      return Number.NEGATIVE_INFINITY
    case 'z':
      return -0
    case 'b':
      return BigInt(String(operand))
    default:
      throw new Error(`unknown mark '${mark}'`)
  }
}
