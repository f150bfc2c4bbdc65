/** Copies, freezes and compares field values: lists, nested objects and bytes change in place, everything else does not. */

export function copyValue(value: unknown): unknown {
  // Not `slice`: of a `Buffer` that would share its memory.
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (Array.isArray(value)) return value.map(copyValue)
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copyValue(inner)]))
}

/** Freezes lists and objects all the way down. Bytes cannot be frozen: they stay a copy of the stored ones. */
export function freezeValue<Value>(value: Value): Value {
  if (Array.isArray(value)) value.forEach(freezeValue)
  else if (isPlain(value)) Object.values(value).forEach(freezeValue)
  else return value
  return Object.freeze(value)
}

export function sameValue(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (one instanceof Uint8Array) return other instanceof Uint8Array && Buffer.compare(one, other) === 0
  if (Array.isArray(one))
    return Array.isArray(other) && one.length === other.length && one.every((item, i) => sameValue(item, other[i]))
  if (isPlain(one) && isPlain(other)) return sameFields(one, other)
  return one.constructor === other.constructor && JSON.stringify(one) === JSON.stringify(other)
}

function sameFields(one: Record<string, unknown>, other: Record<string, unknown>): boolean {
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && sameValue(one[name], other[name]))
  )
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
