/**
 * Exact decimals: rounds half-even to a scale by digits, never by floating-point arithmetic. A number is first read at its
 * 15 significant digits, which drops the noise of binary arithmetic (0.1 + 0.2 is 0.3) and no digit that fits 15.
 */

/** True for a number that a decimal of that size holds as it is. Says no where telling would take longer than rounding. */
export function isDecimal(value: number, precision: number, scale: number): boolean {
  if (Number.isInteger(value))
    return Math.abs(value) < Math.min(10 ** (precision - scale), 1e15) && !Object.is(value, -0)
  if (Math.abs(value) < 1e-6) return false
  const text = String(value)
  const fraction = text.length - text.indexOf('.') - 1
  return fraction <= scale && text.length <= 15 && Math.abs(value) < 10 ** (precision - scale)
}

/** The value as text with exactly `scale` digits after the point, or why it is not a decimal of that size. */
export function decimalText(
  value: number | string,
  precision: number,
  scale: number,
): { readonly text: string } | { readonly failure: string } {
  const plain = typeof value === 'number' ? numberText(value) : value.trim()
  const parts = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,4}))?$/.exec(plain)
  if (parts === null || (parts[2] === '' && parts[3] === ''))
    return { failure: `must be a decimal number, got "${value}"` }
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts
  const unscaled = roundedUnits(BigInt(whole + fraction), fraction.length - Number(exponent) - scale)
  const digits = unscaled.toString().padStart(scale + 1, '0')
  if (digits.length > Math.max(precision, scale + 1)) {
    return { failure: `must have at most ${precision - scale} digits before the point` }
  }
  if (precision === scale && unscaled !== 0n && digits.length > precision && digits[0] !== '0') {
    return { failure: 'must be smaller than 1' }
  }
  const point = digits.length - scale
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
  return { text: sign === '-' && unscaled !== 0n ? `-${text}` : text }
}

function numberText(value: number): string {
  return Number.isFinite(value) ? Number(value.toPrecision(15)).toString() : 'not finite'
}

/** `units` with `excess` digits fewer, rounded half-even (more digits when negative). */
function roundedUnits(units: bigint, excess: number): bigint {
  if (excess <= 0) return units * 10n ** BigInt(-excess)
  const divisor = 10n ** BigInt(excess)
  const quotient = units / divisor
  const twice = (units % divisor) * 2n
  if (twice > divisor || (twice === divisor && quotient % 2n === 1n)) return quotient + 1n
  return quotient
}
