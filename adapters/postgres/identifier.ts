/** Names in SQL. Everything that is not a parameter goes through here. */
import { createHash } from 'node:crypto'

/** The longest name Postgres keeps. */
const LONGEST = 63

export function quoteName(name: string): string {
  return name.includes('"') ? `"${name.replaceAll('"', '""')}"` : `"${name}"`
}

export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** `createdAt` as `created_at`. */
export function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
}

/** Parts joined by `_`, as a name that Postgres keeps. */
export function constraintName(...parts: readonly string[]): string {
  return storedName(parts.join('_'))
}

/** A name that would be cut off ends in a hash of itself instead, so that it stays distinct. */
export function storedName(name: string): string {
  if (isStoredWhole(name)) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${Buffer.from(name)
    .subarray(0, LONGEST - 9)
    .toString()
    .replaceAll('\ufffd', '')}_${hash}`
}

/** False for what Postgres would cut off. */
export function isStoredWhole(name: string): boolean {
  return Buffer.byteLength(name) <= LONGEST
}

/** The usual plural of an English word in snake case: `order_line` as `order_lines`. */
export function plural(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`
  return /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`
}
