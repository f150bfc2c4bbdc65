/**
 * Names of error classes that a minifier cannot change, and the classes by those names: a stored error is again of its
 * class when it is read. The rooms above do the same in their own `nameError`, through the symbol below.
 */
const NAMED = Symbol.for('justscale.errors')

/** Prototypes of named error classes, of every package in this OS process. */
export function namedErrors(): Map<string, object> {
  const known: unknown = Reflect.get(globalThis, NAMED)
  if (known instanceof Map) return known as Map<string, object>
  const made = new Map<string, object>()
  Reflect.set(globalThis, NAMED, made)
  return made
}

/** In the static block of an error class: `name` of its instances, whatever a bundler calls the class. */
export function nameError(type: { readonly prototype: Error }, name: string): void {
  const { prototype } = type
  Object.defineProperty(prototype, 'name', { value: name, writable: true, configurable: true })
  namedErrors().set(name, prototype)
}
