/**
 * A stand-in for an object that is found later (lazy dependencies) or lives in another scope (what a sub-app requires).
 * Everything is forwarded to the target itself; methods are called on it, so that private members work.
 */

/** A stand-in for what `find` gives at each use. `around`, if given, wraps every call of a method. */
export function forward(find: () => object, around?: <Result>(call: () => Result) => Result): object {
  const methods = new WeakMap<object, unknown>()
  return new Proxy(Object.create(null) as object, {
    get(_, key) {
      const target = find()
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      const known = methods.get(value)
      if (known !== undefined) return known
      const method = value as (...args: unknown[]) => unknown
      const call = (...args: unknown[]) => {
        const invoke = () => method.apply(find(), args)
        return around === undefined ? invoke() : around(invoke)
      }
      methods.set(value, call)
      return call
    },
    set: (_, key, value) => Reflect.set(find(), key, value),
    has: (_, key) => Reflect.has(find(), key),
    getPrototypeOf: () => Reflect.getPrototypeOf(find()),
    ownKeys: (_) => Reflect.ownKeys(find()),
    getOwnPropertyDescriptor: (_, key) => configurable(Reflect.getOwnPropertyDescriptor(find(), key)),
    defineProperty: (_, key, descriptor) => Reflect.defineProperty(find(), key, descriptor),
    deleteProperty: (_, key) => Reflect.deleteProperty(find(), key),
  })
}

/** A proxy may only report properties that its own target lacks as configurable. */
function configurable(descriptor: PropertyDescriptor | undefined): PropertyDescriptor | undefined {
  return descriptor && { ...descriptor, configurable: true }
}
