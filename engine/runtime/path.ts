/** Process and signal paths: `/campaign/:campaign/lifecycle`. A parameter is a whole segment. */
import { ProcessDefinitionError, ProcessNotFoundError } from '../errors.ts'

/** The parameters of a pattern, in order. Throws `ProcessDefinitionError` for a pattern that cannot work. */
export function pathParameters(pattern: string): readonly string[] {
  if (!pattern.startsWith('/')) throw new ProcessDefinitionError(`The path '${pattern}' must begin with '/'`)
  const names = pattern
    .split('/')
    .filter((segment) => segment.startsWith(':'))
    .map((segment) => segment.slice(1))
  for (const [index, name] of names.entries()) {
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new ProcessDefinitionError(`':${name}' in '${pattern}' is no parameter name`)
    if (name in Array.prototype) {
      throw new ProcessDefinitionError(`The parameter ':${name}' of '${pattern}' is also a member of every array`, {
        hint: 'Parameters can be taken by name and by position; choose another name.',
      })
    }
    if (names.indexOf(name) !== index)
      throw new ProcessDefinitionError(`'${pattern}' has the parameter ':${name}' twice`)
  }
  return names
}

/** Characters of an instance path at most: it is a key of an index. */
const LONGEST = 2_000

/** The pattern with its parameters filled in, percent-encoded: the identity of an instance. */
export function instancePath(pattern: string, texts: Readonly<Record<string, string>>): string {
  const path = pattern
    .split('/')
    .map((segment) => (segment.startsWith(':') ? encoded(segment.slice(1), texts) : segment))
    .join('/')
  if (path.length <= LONGEST) return path
  throw new ProcessDefinitionError(
    `The path of a process has at most ${LONGEST} characters; this one of ${pattern} has ${path.length}`,
    { hint: 'A parameter says which process it is. Hand what is longer on with a signal, or look it up in a step.' },
  )
}

/** Throws `ProcessNotFoundError` for what can be the path of no process. */
export function checkPath(path: string): void {
  if (path.startsWith('/') && path.isWellFormed() && !path.includes('\0')) return
  throw new ProcessNotFoundError(`'${path}' is no path of a process`, {
    hint: "It begins with '/', and its parameters are percent-encoded: `handle.path` has it.",
  })
}

/** One of these texts as it stands in paths and keys. */
export function encoded(name: string, texts: Readonly<Record<string, string>>): string {
  const text = texts[name] ?? ''
  if (text.isWellFormed()) return encodeURIComponent(text)
  throw new ProcessDefinitionError(`The parameter '${name}' is no well-formed text: it holds half a surrogate pair`, {
    hint: 'It was cut in the middle of a character. `text.toWellFormed()` puts a replacement there.',
  })
}

/** A parameter as text, for paths and routing keys. */
export function plainText(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  const what =
    value === '' ? 'an empty text' : value === null || value === undefined ? String(value) : `a ${typeof value}`
  throw new ProcessDefinitionError(`A path parameter must be a text or a number, not ${what}`)
}

/** Parameters as given by the caller (by name or by position) as an array that also has them by name. */
export function parameters(
  pattern: string,
  names: readonly string[],
  given: unknown,
): unknown[] & Record<string, unknown> {
  const byPosition = Array.isArray(given)
  const values = names.map((name, index) => {
    const value: unknown = byPosition ? given[index] : Reflect.get(Object(given), name)
    if (value === undefined || value === null)
      throw new ProcessDefinitionError(`'${pattern}' is started without its parameter '${name}'`)
    return value
  })
  return Object.assign(values, Object.fromEntries(names.map((name, index) => [name, values[index]])))
}

/** The parameters in an instance path, as texts. */
export function parametersOf(pattern: string, path: string): Record<string, string> {
  const values = path.split('/')
  const texts: Record<string, string> = {}
  for (const [index, segment] of pattern.split('/').entries()) {
    if (segment.startsWith(':')) texts[segment.slice(1)] = decodeURIComponent(values[index] ?? '')
  }
  return texts
}
