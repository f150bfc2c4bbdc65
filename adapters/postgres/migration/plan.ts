/**
 * The statements that lead from one schema to another. Both are read from databases, so that nothing has to be parsed or
 * compared but Postgres's own words for the same things.
 */
import { quoteName } from '../identifier.ts'
import type { ColumnSchema, Schema, TableSchema } from './schema.ts'

export interface PlanHints {
  /** SQL for the value of a new required column in rows that exist; `undefined` where nobody said. */
  backfill(table: string, column: string): string | undefined
  /** Whether no two rows may have the same value. */
  isUnique?(table: string, column: string): boolean
  /** The way back: what was dropped comes back without its values, so nothing that needs them is asked for. */
  readonly undoing?: true
}

export interface Plan {
  readonly statements: readonly string[]
  /** What cannot be planned, in words. */
  readonly problems: readonly string[]
}

export function planMigration(from: Schema, to: Schema, hints: PlanHints): Plan {
  const created = [...to.values()].filter((table) => !from.has(table.name))
  const dropped = [...from.values()].filter((table) => !to.has(table.name))
  const kept = [...to.values()].flatMap((table) => {
    const before = from.get(table.name)
    return before ? [{ before, after: table }] : []
  })
  const problems: string[] = []
  const statements = [
    ...kept.flatMap(({ before, after }) => loosen(before, after)),
    ...dropped.flatMap((table) => [...table.references.keys()].map((name) => dropConstraint(table.name, name))),
    ...created.map(createTable),
    ...kept.flatMap(({ before, after }) => changeColumns(before, after, hints, problems)),
    ...dropped.map((table) => `drop table ${quoteName(table.name)}`),
    ...kept.flatMap(({ before, after }) => tighten(before, after)),
    ...created.flatMap((table) => [...table.indexes.values()]),
    ...kept.flatMap(({ before, after }) => addMissing(before, after, 'references')),
    ...created.flatMap((table) => [...table.references].map(([name, text]) => addConstraint(table.name, name, text))),
  ]
  return { statements, problems }
}

/** Constraints and indexes that go or change, before columns do. */
function loosen(before: TableSchema, after: TableSchema): string[] {
  const table = before.name
  const changed = (kind: 'references' | 'constraints' | 'indexes') =>
    [...before[kind]].filter(([name, text]) => after[kind].get(name) !== text).map(([name]) => name)
  return [
    ...changed('references').map((name) => dropConstraint(table, name)),
    ...changed('constraints').map((name) => dropConstraint(table, name)),
    ...changed('indexes').map((name) => `drop index ${quoteName(name)}`),
  ]
}

function tighten(before: TableSchema, after: TableSchema): string[] {
  const indexes = [...after.indexes].filter(([name, text]) => before.indexes.get(name) !== text).map(([, text]) => text)
  return [...addMissing(before, after, 'constraints'), ...indexes]
}

function addMissing(before: TableSchema, after: TableSchema, kind: 'references' | 'constraints'): string[] {
  return [...after[kind]]
    .filter(([name, text]) => before[kind].get(name) !== text)
    .map(([name, text]) => addConstraint(after.name, name, text))
}

function changeColumns(before: TableSchema, after: TableSchema, hints: PlanHints, problems: string[]): string[] {
  const table = quoteName(after.name)
  const added = [...after.columns.values()].filter((column) => !before.columns.has(column.name))
  const dropped = [...before.columns.keys()].filter((name) => !after.columns.has(name))
  const kept = [...after.columns.values()].flatMap((column) => {
    const old = before.columns.get(column.name)
    return old ? [{ old, column }] : []
  })
  return [
    ...added.flatMap((column) => addColumn(after.name, column, hints, problems)),
    ...kept.flatMap(({ old, column }) => changeColumn(after.name, old, column, hints, problems)),
    ...dropped.map((name) => `alter table ${table} drop column ${quoteName(name)}`),
  ]
}

/** With a default that is dropped again: no row is written for it, however many there are. */
function addColumn(table: string, column: ColumnSchema, hints: PlanHints, problems: string[]): string[] {
  const target = `alter table ${quoteName(table)}`
  const name = quoteName(column.name)
  if (!column.required || column.default !== undefined) return [`${target} add column ${definition(column)}`]
  if (hints.undoing) {
    const optional = definition({ ...column, required: false })
    return [
      `-- Its values went with it: rows have none, and it is not required before they do.\n${target} add column ${optional}`,
    ]
  }
  const value = requiredValue(table, column, hints, problems)
  if (value === undefined) return [`${target} add column ${definition(column)}`]
  if (hints.isUnique?.(table, column.name)) {
    problems.push(
      `${table}.${column.name} is unique, and rows that exist would all get the same value: make it .optional() in this migration, give each row its own, and require it in the next`,
    )
  }
  return [
    `${target} add column ${definition({ ...column, default: value })}`,
    `${target} alter column ${name} drop default`,
  ]
}

function changeColumn(
  table: string,
  old: ColumnSchema,
  column: ColumnSchema,
  hints: PlanHints,
  problems: string[],
): string[] {
  const name = quoteName(column.name)
  const target = `alter table ${quoteName(table)} alter column ${name}`
  const statements: string[] = []
  if (old.type !== column.type) {
    const cast = column.type.replace(/ collate .*$/, '')
    statements.push(`${target} type ${column.type} using ${name}::${cast}`)
  }
  if (old.default !== column.default) {
    statements.push(column.default === undefined ? `${target} drop default` : `${target} set default ${column.default}`)
  }
  if (old.required && !column.required) statements.push(`${target} drop not null`)
  if (!old.required && column.required) {
    const value = hints.undoing ? undefined : requiredValue(table, column, hints, problems)
    if (value !== undefined) statements.push(`update ${quoteName(table)} set ${name} = ${value} where ${name} is null`)
    statements.push(`${target} set not null`)
  }
  return statements
}

function requiredValue(table: string, column: ColumnSchema, hints: PlanHints, problems: string[]): string | undefined {
  const value = hints.backfill(table, column.name)
  if (value !== undefined) return value
  problems.push(
    `${table}.${column.name} is required, and rows that exist have no value: add .backfill(value), .default(value) or .optional() to the field`,
  )
  return undefined
}

function createTable(table: TableSchema): string {
  const key = table.columns.has('id') ? [`primary key (id)`] : []
  const lines = [
    ...[...table.columns.values()].map(definition),
    ...key,
    ...[...table.constraints].map(([name, text]) => `constraint ${quoteName(name)} ${text}`),
  ]
  return `create table ${quoteName(table.name)} (\n  ${lines.join(',\n  ')}\n)`
}

function definition(column: ColumnSchema): string {
  const byDefault = column.default === undefined ? '' : ` default ${column.default}`
  return `${quoteName(column.name)} ${column.type}${column.required ? ' not null' : ''}${byDefault}`
}

function addConstraint(table: string, name: string, text: string): string {
  return `alter table ${quoteName(table)} add constraint ${quoteName(name)} ${text}`
}

function dropConstraint(table: string, name: string): string {
  return `alter table ${quoteName(table)} drop constraint ${quoteName(name)}`
}
