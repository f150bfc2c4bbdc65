/** Parses `reserved 1, 4 to 6, 9 to max;` and `reserved "a", "b";` (in editions `reserved a, b;`). */
import type { ProtoCursor } from './cursor.ts'

/** 2^29 - 1: three bits of a tag are the wire type. */
export const maximumFieldNumber = 536870911

/** `addRange` receives both ends included. */
export function parseReserved(
  cursor: ProtoCursor,
  minimum: number,
  maximum: number,
  names: string[],
  addRange: (start: number, end: number) => void,
): void {
  cursor.expect('reserved')
  do {
    if (cursor.token.kind === 'string') names.push(cursor.string('a name'))
    else if (cursor.token.kind === 'identifier') names.push(cursor.identifier('a name'))
    else parseRange(cursor, minimum, maximum, addRange)
  } while (cursor.accept(','))
  cursor.expect(';')
}

export function parseRange(
  cursor: ProtoCursor,
  minimum: number,
  maximum: number,
  addRange: (start: number, end: number) => void,
): void {
  const first = cursor.token
  const start = cursor.integer('a number or a name', minimum, maximum)
  if (!cursor.accept('to')) return addRange(start, start)
  const end = cursor.accept('max') ? maximum : cursor.integer('the end of the range', minimum, maximum)
  if (end < start) cursor.fail(`this range ends before it starts: ${start} to ${end}`, first)
  addRange(start, end)
}
