/**
 * Checks what came as keys and texts: a query, a form. A key that was sent once is a text there, also where a list is wanted: what
 * the schema refuses is offered once more as a list of one. (What a schema wants, a Standard Schema does not say.)
 */
import type { Violation } from '../errors.ts'
import { checkSchema, type Schema, type SchemaResult } from '../route/schema.ts'
import { after, type Awaitable } from './after.ts'

/** Synchronous where the schema is. */
export function checkPlain(schema: Schema, place: string, given: unknown): Awaitable<SchemaResult> {
  return after(checkSchema(schema, place, given), (first): Awaitable<SchemaResult> => {
    if (!('violations' in first) || !isRecord(given)) return first
    const refused = first.violations.map(({ path }) => path).filter((key) => isSingle(given, key))
    if (refused.length === 0) return first
    const lists = Object.fromEntries(refused.map((key) => [key, [given[key]]]))
    return after(checkSchema(schema, place, { ...given, ...lists }), (second) =>
      'violations' in second ? { violations: joined(first.violations, second.violations, refused) } : second,
    )
  })
}

/** What was refused as a list too is no list: the first answer tells more of it. */
function joined(
  first: readonly Violation[],
  second: readonly Violation[],
  refused: readonly string[],
): readonly Violation[] {
  const lists = refused.filter((key) => !second.some(({ path }) => path === key))
  const inside = second.filter(({ path }) => lists.some((key) => path.startsWith(`${key}.`)))
  return [...first.filter(({ path }) => !lists.includes(path)), ...inside]
}

function isSingle(given: Readonly<Record<string, unknown>>, key: string): boolean {
  return Object.hasOwn(given, key) && !Array.isArray(given[key])
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
