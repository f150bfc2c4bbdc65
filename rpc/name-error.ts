/** Names of error classes that a minifier cannot change; processes find the class of a stored error by them. */
const NAMED = Symbol.for('justscale.errors')

/** In the static block of an error class: `name` of its instances, whatever a bundler calls the class. */
export function nameError(type: { readonly prototype: Error }, name: string): void {
  const { prototype } = type
  Object.defineProperty(prototype, 'name', { value: name, writable: true, configurable: true })
  const known: unknown = Reflect.get(globalThis, NAMED)
  const named = known instanceof Map ? (known as Map<string, object>) : new Map<string, object>()
  Reflect.set(globalThis, NAMED, named.set(name, prototype))
}
