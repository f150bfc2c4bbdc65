/** Words for values that cannot be stored: what it is, and what to do about it. */

/** `a function`, `a promise`, `an instance of Socket`. */
export function describeUnstorable(value: unknown): string {
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function '${value.name}'`
  if (typeof value === 'symbol') return `the symbol ${String(value)}`
  if (value instanceof Promise) return 'a promise'
  const name = className(value)
  return name === undefined ? 'an object of an unknown class' : `an instance of ${name}`
}

export function hintFor(value: unknown): string {
  if (typeof value === 'function')
    return 'A function of its own (`const f = (x) => ...`) is made again, one in a value or a variable is not: keep the data it needs, and choose the function where it is called.'
  if (typeof value === 'symbol') return 'Use a string instead.'
  if (value instanceof Promise) return 'Await it before the next suspension.'
  return 'Keep plain data instead, read it again after the wait with `using`, or register the class in createEngine({ values }).'
}

export function className(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const constructor: unknown = Reflect.get(value, 'constructor')
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : undefined
}

/** One more step of a path inside a value: `.name`, `[0]`, `["odd key"]`. */
export function pathStep(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}
