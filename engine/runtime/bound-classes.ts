/**
 * Error classes by the bindings of this build's programs: what handlers import or have in their modules, they may name in
 * `instanceof`. A class has the origin of its binding as its name, with the member it is of a namespace, object or class.
 */
import type { ErrorClasses } from '../value/codec.ts'
import { packageErrors } from '../value/error-class.ts'

/** Looks into `origins`, which may grow. */
export function boundClasses(origins: ReadonlyMap<string, () => unknown>): ErrorClasses {
  const names = new Map<object, string>()
  const prototypes = new Map<string, object>()
  const open = new Map<string, () => unknown>()
  let seen = 0

  function add(name: string, value: unknown): void {
    if (typeof value !== 'function' || !(value.prototype instanceof Error)) return
    prototypes.set(name, value.prototype)
    if (!names.has(value.prototype)) names.set(value.prototype, name)
  }

  /** Bindings that were added since; and those whose module was not loaded to its end then. */
  function look(): void {
    if (seen < origins.size) {
      for (const [origin, read] of [...origins].slice(seen)) open.set(origin, read)
      seen = origins.size
    }
    for (const [origin, read] of open) {
      const value = valueOf(read)
      if (value === undefined) continue
      open.delete(origin)
      add(origin, value)
      for (const [key, member] of membersOf(value)) add(`${origin}.${key}`, member)
    }
  }

  return {
    nameOf(prototype) {
      const own = packageErrors.nameOf(prototype)
      if (own !== undefined) return own
      look()
      return names.get(prototype)
    },
    prototypeOf(name) {
      if (!name.includes('#')) return packageErrors.prototypeOf(name)
      look()
      return prototypes.get(name)
    },
  }
}

/** `undefined` while the module is not loaded to its end. */
function valueOf(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}

/** What a namespace, an object or a class has, without running a getter. */
function* membersOf(value: unknown): Iterable<readonly [string, unknown]> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
  for (const key of Object.keys(value)) {
    const member: unknown = memberOf(value, key)
    if (typeof member === 'function') yield [key, member]
  }
}

function memberOf(value: object, key: string): unknown {
  try {
    return Object.getOwnPropertyDescriptor(value, key)?.value
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}
