/** What sets some columns of a table. The texts are kept: writing one takes longer than all else that a save does here. */
import type { StoredValues } from '@justscale/core'
import { checkReferenceKeys } from '@justscale/core/repository'
import type { SqlValue } from '@justscale/engine/sql'
import { encodeValue } from './column.ts'
import { quoteName } from './identifier.ts'
import type { PgModel } from './pg-model.ts'

/** Texts kept per table; a table has as many as sets of fields are saved together. */
const KEPT = 200

const updates = new WeakMap<PgModel, Map<string, string>>()

/** `update ... where id = ... returning id`. Throws `MalformedReferenceError` for a reference to nothing possible. */
export function updateStatement(
  table: PgModel,
  identifier: string,
  change: StoredValues,
): { readonly text: string; readonly parameters: readonly SqlValue[] } {
  const parameters = changeParameters(table, change)
  parameters.push(identifier)
  let texts = updates.get(table)
  if (!texts) updates.set(table, (texts = new Map()))
  const fields = Object.keys(change).join()
  let text = texts.get(fields)
  if (text === undefined) {
    text = `update ${table.quotedTable} set ${assignments(table, change)} where id = $${parameters.length}::uuid returning id`
    if (texts.size >= KEPT) texts.clear()
    texts.set(fields, text)
  }
  return { text, parameters }
}

/** `"a" = $1::text, ...`, counted on from the parameters there are already; empty when nothing changes. */
export function assignments(table: PgModel, change: StoredValues, before = 0): string {
  const set = Object.keys(change).map((field, index) => {
    const { name, castType } = table.column(field)
    return `${quoteName(name)} = $${before + index + 1}::${castType}`
  })
  if (set.length > 0 && table.hasSystemColumn('updated_at')) set.push('updated_at = now()')
  return set.join(', ')
}

/** The parameters of `assignments`, in its order. */
export function changeParameters(table: PgModel, change: StoredValues): SqlValue[] {
  checkReferenceKeys(table.model, change)
  const parameters: SqlValue[] = []
  for (const field of Object.keys(change)) {
    parameters.push(encodeValue(table.column(field).definition.type, change[field]))
  }
  return parameters
}
