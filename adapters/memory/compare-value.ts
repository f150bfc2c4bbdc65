/** How field values compare, by their type: the order that Postgres gives them (text by code point, NaN above all). */
import type { FieldType } from '@justscale/core'

/** Negative, zero or positive; both values present. */
export function compareValue(type: FieldType, one: unknown, other: unknown): number {
  switch (type.kind) {
    case 'int':
    case 'smallint':
    case 'float':
    case 'double':
      return compareNumbers(one as number, other as number)
    case 'decimal':
      return type.as === 'number'
        ? compareNumbers(one as number, other as number)
        : compareBigints(decimalUnits(one as string, type.scale), decimalUnits(other as string, type.scale))
    case 'bigint':
      return compareBigints(one as bigint, other as bigint)
    case 'boolean':
      return Number(one) - Number(other)
    case 'timestamp':
      return Temporal.Instant.compare(one as Temporal.Instant, other as Temporal.Instant)
    case 'date':
      return Temporal.PlainDate.compare(one as Temporal.PlainDate, other as Temporal.PlainDate)
    case 'time':
      return Temporal.PlainTime.compare(one as Temporal.PlainTime, other as Temporal.PlainTime)
    case 'bytes':
      return Buffer.compare(one as Uint8Array, other as Uint8Array)
    case 'enum':
      return type.values.indexOf(one as string) - type.values.indexOf(other as string)
    case 'json':
    case 'array':
    case 'object':
    case 'refs':
      return compareText(canonical(one), canonical(other))
    default:
      return compareText(String(one), String(other))
  }
}

/** A decimal as a whole number of its smallest units. */
export function decimalUnits(text: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale))
}

/** By code point, which is the order of UTF-8 bytes and not that of UTF-16 units. */
export function compareText(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index += 1) {
    const left = one.charCodeAt(index)
    const right = other.charCodeAt(index)
    if (left !== right) return codePointRank(left) - codePointRank(right)
  }
  return one.length - other.length
}

/** Surrogates stand for code points above every other unit. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function compareNumbers(one: number, other: number): number {
  if (Number.isNaN(one)) return Number.isNaN(other) ? 0 : 1
  if (Number.isNaN(other)) return -1
  return one < other ? -1 : one > other ? 1 : 0
}

function compareBigints(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** The same text for equal values, whatever the order of their properties. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner}n`
    if (typeof inner === 'number' && !Number.isFinite(inner)) return String(inner)
    if (inner instanceof Uint8Array) return Buffer.from(inner).toString('base64')
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => compareText(a, b)))
  })
}
