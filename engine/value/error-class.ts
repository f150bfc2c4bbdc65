/**
 * The class of a stored error: the nearest built-in class, and the nearest class that has a name which outlives the build.
 * It is looked for when the error is read, and the error gets its prototype; no constructor runs. Without it the error is
 * of the built-in class.
 */
import { namedErrors } from '../name-error.ts'
import type { ErrorClasses } from './codec.ts'
import { errorClasses } from './node.ts'

/** Error classes of our packages, by the names they have. */
export const packageErrors: ErrorClasses = {
  nameOf(prototype) {
    const name: unknown = Object.getOwnPropertyDescriptor(prototype, 'name')?.value
    return typeof name === 'string' && namedErrors().get(name) === prototype ? name : undefined
  },
  prototypeOf: (name) => namedErrors().get(name),
}

const builtIn = new Map<unknown, string>(Object.entries(errorClasses).map(([name, type]) => [type.prototype, name]))

/** Properties of errors of the language that no loop over their keys shows, as long as nobody assigns them. */
export const hiddenFields: ReadonlySet<string> = new Set([
  'message',
  'stack',
  'cause',
  'errors',
  'name',
  'error',
  'suppressed',
])

/** The nearest built-in class. */
export function baseErrorClass(error: Error): string {
  for (let at: unknown = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    const name = builtIn.get(at)
    if (name !== undefined) return name
  }
  return 'Error'
}

/** The name of the error's class, or of the nearest one above it that has one; none for built-in classes. */
export function classNameOf(error: Error, classes: ErrorClasses): string | undefined {
  for (
    let at: unknown = Object.getPrototypeOf(error);
    typeof at === 'object' && at !== null && !builtIn.has(at);
    at = Object.getPrototypeOf(at)
  ) {
    const name = classes.nameOf(at)
    if (name !== undefined) return name
  }
  return undefined
}

/** An error without properties, of the class with this name where there is one. */
export function emptyError(base: string, name: unknown, classes: ErrorClasses): Error {
  const made = ofBase(base)
  const prototype = typeof name === 'string' ? classes.prototypeOf(name) : undefined
  if (prototype instanceof Error) Object.setPrototypeOf(made, prototype)
  return made
}

function ofBase(base: string): Error {
  if (base === 'AggregateError') return new AggregateError([])
  if (base === 'SuppressedError') return new SuppressedError(undefined, undefined)
  const known = errorClasses[base as 'Error'] ?? Error
  return new known()
}
