/**
 * Brings a database up to the models by adding what is missing. Many nodes may call it at once: they take turns, and what
 * one has made the next one finds. Existing columns are left as they are.
 */
import { modelName, sameModel } from '@justscale/core'
import type { SqlDatabase, SqlLane } from '@justscale/engine/sql'
import type { Column } from './column.ts'
import { quoteName } from './identifier.ts'
import { backfillOf } from './migration/model-hints.ts'
import type { PgModel } from './pg-model.ts'
import { addReference, columnDefinition, createIndex, createTable, isNullable } from './table-definition.ts'

/** Names the turn: arbitrary, but the same everywhere. */
const TURN = 4_203_901_771

/** Runs in one transaction. Rejects when a required column would have to be added to a table that has rows. */
export async function syncSchema(database: SqlDatabase, models: Iterable<PgModel>): Promise<void> {
  const tables = [...models]
  const lane = await database.lane({ timeout: 30_000 })
  try {
    await lane.query('begin')
    await lane.query('select pg_advisory_xact_lock($1::bigint)', [TURN])
    for (const table of tables) await syncTable(lane, table)
    for (const table of tables) await syncReferences(lane, table, tables)
    await lane.query('commit')
  } finally {
    lane.release()
  }
}

async function syncTable(lane: SqlLane, table: PgModel): Promise<void> {
  await lane.query(createTable(table, 'if not exists '))
  const rows = await lane.query(
    `select attname as name from pg_attribute where attrelid = to_regclass($1::text) and attnum > 0 and not attisdropped`,
    [quoteName(table.table)],
  )
  const existing = new Set(rows.map((row) => row.name))
  for (const column of table.columns) {
    if (existing.has(column.name)) continue
    for (const statement of addColumn(table, column)) await lane.query(statement)
  }
  for (const index of table.indexes) await lane.query(createIndex(table, index, 'if not exists '))
}

/** Rows that exist get the field's `backfill` or plain default; without one, only an empty table takes a required column. */
function addColumn(table: PgModel, column: Column): readonly string[] {
  const target = `alter table ${table.quotedTable}`
  const value = isNullable(column) ? undefined : backfillOf([table], table.table, column.name)
  if (value === undefined) return [`${target} add column ${columnDefinition(column)}`]
  return [
    `${target} add column ${columnDefinition(column)} default ${value}`,
    `${target} alter column ${quoteName(column.name)} drop default`,
  ]
}

async function syncReferences(lane: SqlLane, table: PgModel, tables: readonly PgModel[]): Promise<void> {
  const rows = await lane.query(
    `select conname as name from pg_constraint where conrelid = to_regclass($1::text) and contype = 'f'`,
    [quoteName(table.table)],
  )
  const existing = new Set(rows.map((row) => row.name))
  for (const reference of table.references) {
    const target = tables.find(
      (each) => sameModel(each.model, reference.target) || each.name === modelName(reference.target),
    )
    if (existing.has(reference.name) || !target) continue
    await lane.query(addReference(table, reference, () => target))
  }
}
