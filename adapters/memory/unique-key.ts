/** Unique values as text: equal for equal values, so that the row that has them is found without looking at all. */
import type { StoredValues } from '@justscale/core'
import { canonical } from './compare-value.ts'
import type { MemoryTable } from './memory-database.ts'

/** `undefined` where a value is absent: absent values never collide. */
export function uniqueKey(table: MemoryTable, fields: readonly string[], values: StoredValues): string | undefined {
  const parts = fields.map((name) => values[name] ?? null)
  if (parts.includes(null)) return undefined
  return `unique:${table.name}:${fields.join()}:${canonical(parts)}`
}

/** Those of all that is unique in a row; none of a row that is not there. */
export function uniqueKeys(table: MemoryTable, values: StoredValues | null | undefined): readonly string[] {
  if (!values) return []
  return table.unique.flatMap((fields) => uniqueKey(table, fields, values) ?? [])
}
