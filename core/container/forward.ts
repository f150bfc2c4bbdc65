/**
 * A stand-in for an object that lives in another scope: what a sub-app requires of the app above. Everything is forwarded
 * to the target itself; methods are called on it, in its own scope, and private members work.
 */

/** A stand-in for `target`; `around` wraps every call of a method. */
export function forward(target: object, around: <Result>(call: () => Result) => Result): object {
  const methods = new WeakMap<object, unknown>()
  return new Proxy(Object.create(null) as object, {
    get(_, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      const known = methods.get(value)
      if (known !== undefined) return known
      const method = value as (...args: unknown[]) => unknown
      const call = (...args: unknown[]) => around(() => method.apply(target, args))
      methods.set(value, call)
      return call
    },
    set: (_, key, value) => Reflect.set(target, key, value),
    has: (_, key) => Reflect.has(target, key),
    getPrototypeOf: () => Reflect.getPrototypeOf(target),
    ownKeys: () => Reflect.ownKeys(target),
    getOwnPropertyDescriptor: (_, key) => configurable(Reflect.getOwnPropertyDescriptor(target, key)),
    defineProperty: (_, key, descriptor) => Reflect.defineProperty(target, key, descriptor),
    deleteProperty: (_, key) => Reflect.deleteProperty(target, key),
  })
}

/** A proxy may only report properties that its own target lacks as configurable. */
function configurable(descriptor: PropertyDescriptor | undefined): PropertyDescriptor | undefined {
  return descriptor && { ...descriptor, configurable: true }
}
