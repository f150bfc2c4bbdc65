/** Keys and values from outside as an object: no key reaches a prototype. */

export function gather(entries: Iterable<[string, unknown]>): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [key, value] of entries) addTo(result, key, value)
  return result
}

/** Adds a value to those that the key has already, which makes a list of them. */
export function addTo(result: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') return
  if (!Object.hasOwn(result, key)) result[key] = value
  else {
    const before = result[key]
    if (Array.isArray(before)) before.push(value)
    else result[key] = [before, value]
  }
}
