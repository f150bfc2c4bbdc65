/** The statements that make a model's table: what `syncSchema` runs where something is missing and migrations are made of. */
import type { AnyModelClass } from '@justscale/core'
import type { Column } from './column.ts'
import { constraintName, quoteName, quoteText } from './identifier.ts'
import type { NamedIndex, NamedReference, PgModel } from './pg-model.ts'

const SYSTEM_COLUMNS = ['created_at', 'updated_at'] as const

export function createTable(table: PgModel, exists = ''): string {
  const system = SYSTEM_COLUMNS.filter((name) => table.hasSystemColumn(name))
  const lines = [
    'id uuid primary key',
    ...table.columns.map((each) => columnDefinition(each)),
    ...system.map((name) => `${name} timestamptz not null default now()`),
    ...table.columns.flatMap((each) => checkDefinition(table, each) ?? []),
  ]
  return `create table ${exists}${table.quotedTable} (\n  ${lines.join(',\n  ')}\n)`
}

/** `"owner" text collate "C" not null`. */
export function columnDefinition(column: Column): string {
  return `${quoteName(column.name)} ${column.sqlType}${isNullable(column) ? '' : ' not null'}`
}

export function isNullable(column: Column): boolean {
  return column.definition.optional
}

export function checkName(table: PgModel, column: Column): string {
  return constraintName(table.table, column.name, 'check')
}

/** The values of an enum, as a named constraint. */
export function checkDefinition(table: PgModel, column: Column): string | undefined {
  const { type } = column.definition
  if (type.kind !== 'enum') return undefined
  const values = type.values.map(quoteText).join(', ')
  return `constraint ${quoteName(checkName(table, column))} check (${quoteName(column.name)} in (${values}))`
}

export function createIndex(table: PgModel, index: NamedIndex, exists = ''): string {
  const columns = index.columns.map(({ name }) => quoteName(name)).join(', ')
  return `create ${index.unique ? 'unique ' : ''}index ${exists}${quoteName(index.name)} on ${table.quotedTable} (${columns})`
}

export function addReference(
  table: PgModel,
  reference: NamedReference,
  tableOf: (model: AnyModelClass) => PgModel,
): string {
  const target = tableOf(reference.target)
  return `alter table ${table.quotedTable} add constraint ${quoteName(reference.name)} foreign key (${quoteName(reference.column.name)}) references ${target.quotedTable} (id)`
}
