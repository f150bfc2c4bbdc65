/** One statement for any number of rows. */
import type { Row } from '@justscale/core/repository'
import type { SqlValue } from '@justscale/engine/sql'
import { encodeValue } from './column.ts'
import { quoteName } from './identifier.ts'
import type { PgModel } from './pg-model.ts'

/** Without `returning`. Several rows travel as one JSON parameter, so that the statement is the same for any number. */
export function insertStatement(
  table: PgModel,
  rows: readonly Row[],
): { text: string; parameters: readonly SqlValue[] } {
  const [first] = rows
  const texts = insertTexts(table)
  if (rows.length > 1 || !first) {
    return { text: texts.many, parameters: [JSON.stringify(rows.map((row) => jsonRow(table, row)))] }
  }
  const values = table.columns.map((each) => encodeValue(each.definition.type, first.values[each.field]))
  return { text: texts.one, parameters: [first.identifier, ...values] }
}

const written = new WeakMap<PgModel, { readonly one: string; readonly many: string }>()

/** The statements of a table do not change: written once. */
function insertTexts(table: PgModel): { readonly one: string; readonly many: string } {
  const existing = written.get(table)
  if (existing) return existing
  const columns = ['id', ...table.columns.map(({ name }) => quoteName(name))].join(', ')
  const values = table.columns.map((each, index) => `$${index + 2}::${each.castType}`)
  const typed = table.columns.map((each) => `${quoteName(each.name)} ${each.castType}`)
  const source = `jsonb_to_recordset($1::jsonb) as r(id uuid, ${typed.join(', ')})`
  const texts = {
    one: `insert into ${table.quotedTable} (${columns}) values (${['$1::uuid', ...values].join(', ')})`,
    many: `insert into ${table.quotedTable} (${columns}) select ${columns} from ${source}`,
  }
  written.set(table, texts)
  return texts
}

function jsonRow(table: PgModel, row: Row): Record<string, unknown> {
  const entries = table.columns.map((each): [string, unknown] => {
    const { type } = each.definition
    const value = row.values[each.field]
    const encoded = encodeValue(type, value)
    if (encoded instanceof Uint8Array) return [each.name, `\\x${Buffer.from(encoded).toString('hex')}`]
    if (type.kind === 'refs') return [each.name, value]
    return [each.name, each.castType === 'jsonb' && encoded !== null ? JSON.parse(String(encoded)) : encoded]
  })
  return Object.fromEntries([['id', row.identifier], ...entries])
}
