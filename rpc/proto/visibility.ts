/** The dialects of .proto files, and the words that only the newest has. */
import { SymbolVisibility } from '@bufbuild/protobuf/wkt'
import type { ProtoCursor } from './cursor.ts'

export type ProtoSyntax = 'proto2' | 'proto3' | 'editions'

/** `export` or `local` before a message or enum (edition 2024). */
export function parseVisibility(cursor: ProtoCursor, syntax: ProtoSyntax): SymbolVisibility | undefined {
  const declares = cursor.peek(1).text === 'message' || cursor.peek(1).text === 'enum'
  if (syntax !== 'editions' || !declares) return undefined
  if (cursor.accept('export')) return SymbolVisibility.VISIBILITY_EXPORT
  if (cursor.accept('local')) return SymbolVisibility.VISIBILITY_LOCAL
  return undefined
}
