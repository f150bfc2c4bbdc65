/** A value of the configuration as it may be printed: the password of an address is nobody's to read. */
export function shownValue(value: unknown): unknown {
  if (typeof value !== 'string') return value
  return value.replace(/^([a-z][\w+.-]*:\/\/[^:/@\s]*):[^@/\s]*@/i, '$1:[secret]@')
}
