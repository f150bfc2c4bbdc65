/** What only the models know: earlier names, and values for rows that exist. */
import { checkedPatch, toStored } from '@justscale/core'
import { castType, columnName, encodeValue, hexText } from '../column.ts'
import { quoteName, quoteText } from '../identifier.ts'
import type { PgModel } from '../pg-model.ts'
import type { Schema } from './schema.ts'

/** Renames that the database has not seen yet. */
export function renameStatements(models: readonly PgModel[], present: Schema): readonly { up: string; down: string }[] {
  return models.flatMap((model) => {
    const old = model.renamedFrom
    const renamed = old !== undefined && present.has(old) && !present.has(model.table)
    const columns = present.get(renamed ? old : model.table)?.columns
    const table = renamed ? [rename('', old, model.table)] : []
    return [...table, ...model.columns.flatMap((column) => renameColumn(model, column.name, columns))]
  })
}

/** SQL for the value of `backfill(...)`, or of `default(...)`. Throws `FieldValidationError` for one that the field cannot have. */
export function backfillOf(models: readonly PgModel[], table: string, name: string): string | undefined {
  const model = models.find((each) => each.table === table)
  const column = model?.columns.find((each) => each.name === name)
  const made = column?.definition.default
  const given = column?.definition.backfill?.value ?? (made?.kind === 'value' ? made.value : made?.make())
  if (!model || !column || given === undefined) return undefined
  // As if an entity had been given it: checked, rounded, with the defaults of nested fields.
  const value = toStored(checkedPatch(model.model, { [column.field]: given }))[column.field]
  const { type } = column.definition
  const encoded = encodeValue(type, value)
  const text = encoded instanceof Uint8Array ? hexText(encoded) : String(encoded)
  return `${quoteText(text)}::${castType(type)}`
}

export function isUniqueColumn(models: readonly PgModel[], table: string, name: string): boolean {
  const indexes = models.find((model) => model.table === table)?.indexes ?? []
  return indexes.some(({ unique, columns }) => unique && columns.length === 1 && columns[0]?.name === name)
}

function renameColumn(model: PgModel, name: string, columns: ReadonlyMap<string, unknown> | undefined) {
  const definition = model.columns.find((each) => each.name === name)?.definition
  if (!definition?.renamedFrom || !columns || columns.has(name)) return []
  const old = columnName(definition.renamedFrom, definition.type)
  return columns.has(old) ? [rename(`${quoteName(model.table)} rename column`, old, name)] : []
}

function rename(where: string, from: string, to: string): { up: string; down: string } {
  const statement = (one: string, other: string) =>
    where === ''
      ? `alter table ${quoteName(one)} rename to ${quoteName(other)}`
      : `alter table ${where} ${quoteName(one)} to ${quoteName(other)}`
  return { up: statement(from, to), down: statement(to, from) }
}
