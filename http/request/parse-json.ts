/** JSON from outside, for bodies and messages: `__proto__` is no key, however it is written. */

/** Throws `SyntaxError`. */
export function parseJson(text: string): unknown {
  return mayHavePrototypeKeys(text) ? JSON.parse(text, dropPrototypeKeys) : JSON.parse(text)
}

/** Written out, or with escapes for its letters. */
function mayHavePrototypeKeys(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u00')
}

function dropPrototypeKeys(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}
