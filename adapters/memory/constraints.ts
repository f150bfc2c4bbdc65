/** What a database checks: unique values, and references to entities that exist. */
import { modelFields, type StoredValues } from '@justscale/core'
import { checkReferenceKeys, ReferenceViolationError, UniqueViolationError, type Row } from '@justscale/core/repository'
import type { MemoryDatabase, MemoryTable } from './memory-database.ts'
import type { MemoryTransaction } from './memory-transaction.ts'
import { uniqueKey } from './unique-key.ts'

/** Milliseconds that a write waits for another transaction with the same unique value. */
const PATIENCE = 5_000

/**
 * Rejects with `UniqueViolationError` when another row has the same values. Waits for transactions that are about to
 * insert or free them, since the answer is theirs.
 */
export async function checkUnique(
  database: MemoryDatabase,
  table: MemoryTable,
  row: Row,
  transaction: MemoryTransaction,
  changed?: StoredValues,
): Promise<void> {
  for (const fields of table.unique) {
    if (changed && !fields.some((name) => Object.hasOwn(changed, name))) continue
    const key = uniqueKey(table, fields, row.values)
    if (key === undefined) continue
    await claimUnique(database, table, fields, key, transaction)
    const owner = database.owner(table, key, transaction)
    if (owner !== undefined && owner !== row.identifier) throw new UniqueViolationError(table.name, fields)
  }
}

/** Values that a change or delete frees: nobody else may take them before it commits. */
export async function freeUnique(
  database: MemoryDatabase,
  table: MemoryTable,
  row: Row,
  transaction: MemoryTransaction,
  changed?: StoredValues,
): Promise<void> {
  for (const fields of table.unique) {
    if (changed && !fields.some((name) => Object.hasOwn(changed, name))) continue
    const key = uniqueKey(table, fields, row.values)
    if (key !== undefined) await claimUnique(database, table, fields, key, transaction)
  }
}

/** Throws `ReferenceViolationError` when a reference field points at nothing, `MalformedReferenceError` when it cannot. */
export function checkReferences(
  database: MemoryDatabase,
  table: MemoryTable,
  values: StoredValues,
  transaction: MemoryTransaction,
): void {
  checkReferenceKeys(table.model, values)
  for (const [name, value] of Object.entries(values)) {
    const type = modelFields(table.model)[name]?.type
    if (type?.kind !== 'ref' || value === null) continue
    const target = database.tableOf(type.target())
    if (!target || database.row(target, String(value).toLowerCase(), transaction)) continue
    throw new ReferenceViolationError(table.name, name, 'missing')
  }
}

/** Throws `ReferenceViolationError` when rows that stay refer to one that is gone. */
export function checkReferenced(
  database: MemoryDatabase,
  table: MemoryTable,
  gone: readonly string[],
  transaction: MemoryTransaction,
): void {
  const wanted = new Set(gone)
  const found = new Map<string, ReferenceViolationError>()
  for (const other of database.tables) {
    for (const [name, { type }] of Object.entries(modelFields(other.model))) {
      if (type.kind !== 'ref' || database.tableOf(type.target()) !== table) continue
      for (const row of database.rows(other, transaction)) {
        const target = row.values[name] as string | null
        if (target === null || !wanted.has(target) || found.has(target)) continue
        found.set(target, new ReferenceViolationError(other.name, name, 'referenced'))
      }
    }
  }
  // As a database does: the first row that is referred to is the one that is told.
  for (const identifier of gone) {
    const violation = found.get(identifier)
    if (violation) throw violation
  }
}

async function claimUnique(
  database: MemoryDatabase,
  table: MemoryTable,
  fields: readonly string[],
  key: string,
  transaction: MemoryTransaction,
): Promise<void> {
  const claim = {
    owner: transaction,
    target: `the ${fields.join(' and ')} of a ${table.name}`,
    place: () => ({ cell: 'another transaction', line: undefined }),
  }
  await database.locks.acquire(key, claim, PATIENCE)
}

/** True when the fields, in any order, are unique together. */
export function isUnique(table: MemoryTable, fields: readonly string[]): boolean {
  const wanted = fields.toSorted().join()
  return table.unique.some((each) => each.toSorted().join() === wanted)
}
