/** Statements for any number of rows. */
import type { Row } from '@justscale/core/repository'
import type { SqlValue } from '@justscale/engine/sql'
import { encodeValue, hexText } from './column.ts'
import { quoteName } from './identifier.ts'
import type { PgModel } from './pg-model.ts'

export interface InsertStatement {
  readonly text: string
  readonly parameters: readonly SqlValue[]
}

/** Characters of rows that travel in one statement: a JSON parameter of the server holds 256 MB. */
const MOST_CHARACTERS = 8_000_000

/** Without `returning`. */
export function insertStatement(table: PgModel, row: Row): InsertStatement {
  const values = table.columns.map((each) => encodeValue(each.definition.type, row.values[each.field]))
  return { text: insertTexts(table).one, parameters: [row.identifier, ...values] }
}

/**
 * Without `returning`, usually one. Several rows travel as one JSON parameter, so that the statement is the same for any
 * number; what is more than one should hold goes on in the next.
 */
export function* insertStatements(table: PgModel, rows: readonly Row[]): Generator<InsertStatement, undefined> {
  let [first] = rows
  let texts: string[] = []
  let size = 0
  const statement = (): InsertStatement =>
    texts.length === 1 && first
      ? insertStatement(table, first)
      : { text: insertTexts(table).many, parameters: [`[${texts.join(',')}]`] }
  for (const row of rows) {
    const text = rows.length === 1 ? '' : JSON.stringify(jsonRow(table, row))
    if (size > 0 && size + text.length > MOST_CHARACTERS) {
      yield statement()
      first = row
      texts = []
      size = 0
    }
    texts.push(text)
    size += text.length
  }
  if (texts.length > 0) yield statement()
}

const written = new WeakMap<PgModel, { readonly one: string; readonly many: string }>()

/** The statements of a table do not change: written once. */
function insertTexts(table: PgModel): { readonly one: string; readonly many: string } {
  const existing = written.get(table)
  if (existing) return existing
  const columns = ['id', ...table.columns.map(({ name }) => quoteName(name))].join(', ')
  const values = table.columns.map((each, index) => `$${index + 2}::${each.castType}`)
  const typed = ['id uuid', ...table.columns.map((each) => `${quoteName(each.name)} ${each.castType}`)].join(', ')
  const source = `jsonb_to_recordset($1::jsonb) as r(${typed})`
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
    if (encoded instanceof Uint8Array) return [each.name, hexText(encoded)]
    if (type.kind === 'refs') return [each.name, value]
    return [each.name, each.castType === 'jsonb' && encoded !== null ? JSON.parse(String(encoded)) : encoded]
  })
  return Object.fromEntries([['id', row.identifier], ...entries])
}
