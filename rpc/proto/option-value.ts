/** Converts a value as written in an option to the value of a scalar field; undefined when it does not fit. */
import type { OptionValue } from './option.ts'
import { stringBytes, stringText } from './token.ts'

const bounds: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
}

export function optionScalar(
  value: OptionValue,
  type: string,
): string | number | bigint | boolean | Uint8Array | undefined {
  if (type === 'string') return value.kind === 'string' ? stringText(value.text) : undefined
  if (type === 'bytes') return value.kind === 'string' ? stringBytes(value.text) : undefined
  if (type === 'bool') {
    return value.kind === 'identifier' && /^(true|false)$/.test(value.text) ? value.text === 'true' : undefined
  }
  if (type === 'double' || type === 'float') return floatValue(value)
  const range = bounds[type]
  if (range === undefined || value.kind !== 'integer' || value.value < range[0] || value.value > range[1])
    return undefined
  return type.endsWith('64') ? value.value : Number(value.value)
}

function floatValue(value: OptionValue): number | undefined {
  if (value.kind === 'float') return value.value
  if (value.kind === 'integer') return Number(value.value)
  if (value.kind !== 'identifier') return undefined
  if (/^inf(inity)?$/i.test(value.text)) return Number.POSITIVE_INFINITY
  return /^nan$/i.test(value.text) ? Number.NaN : undefined
}
