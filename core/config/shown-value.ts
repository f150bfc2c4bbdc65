/** Values of the configuration as they may be printed: the password of an address is nobody's to read. */

/** `user:password@`, with whatever is in the password, and `password=` in addresses and in settings. */
const CREDENTIALS = /([^\s:/@]*):(?!\/\/)\S*@/g
const NAMED = /\b(pass(?:word|wd)?|pwd|secret|token|api_?key)=[^&;\s]*/gi

/** With `[secret]` for passwords in texts, also those in lists and objects. */
export function shownValue(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(CREDENTIALS, '$1:[secret]@').replaceAll(NAMED, '$1=[secret]')
  if (Array.isArray(value)) return value.map(shownValue)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shownValue(each)]))
}

/**
 * JSON of a value that is not as it should be. What no rule can be trusted with, because it is no address but may hold a
 * password, is not shown: `undefined`.
 */
export function shownWrongValue(value: unknown): string | undefined {
  if (value === undefined || Number.isNaN(value)) return undefined
  if (typeof value === 'string' && URL.canParse(value) && !/\s/.test(value)) return JSON.stringify(shownValue(value))
  const text = JSON.stringify(value)
  return /@|pass|pwd|secret|token|key/i.test(text) ? undefined : text
}
