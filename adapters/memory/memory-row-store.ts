/** The rows of one model in memory, with the checks, locks and answers of a database. Rows are immutable: writes replace them. */
import { modelFields, type AggregateNode, type ConditionNode, type OrderNode, type StoredValues } from '@justscale/core'
import {
  copyValue,
  QueryError,
  type LockRequest,
  type Row,
  type RowQuery,
  type RowStore,
} from '@justscale/core/repository'
import { aggregateRows } from './aggregate-rows.ts'
import { compareText, compareValue } from './compare-value.ts'
import { checkReferenced, checkReferences, checkUnique, freeUnique, isUnique } from './constraints.ts'
import { meets, valueAt, type RowOf } from './evaluate-condition.ts'
import type { MemoryDatabase, MemoryTable } from './memory-database.ts'
import { MemoryTransaction } from './memory-transaction.ts'

/** Milliseconds that a bulk write waits for each row. */
const PATIENCE = 5_000

export class MemoryRowStore implements RowStore<MemoryTransaction> {
  readonly provider
  readonly #database: MemoryDatabase
  readonly #table: MemoryTable

  constructor(database: MemoryDatabase, table: MemoryTable) {
    this.provider = database.provider
    this.#database = database
    this.#table = table
  }

  async select(query: RowQuery, transaction?: MemoryTransaction): Promise<readonly Row[]> {
    const found = this.#matching(query.where, transaction)
    found.sort((one, other) => compareRows(query.orderBy, one, other))
    const { after } = query
    const rest = after ? found.filter((row) => compareRows(query.orderBy, row, after) > 0) : found
    const from = query.offset ?? 0
    return rest.slice(from, query.limit === undefined ? undefined : from + query.limit).map(copyRow)
  }

  async selectByKeys(identifiers: readonly string[], transaction?: MemoryTransaction): Promise<readonly Row[]> {
    return identifiers.flatMap((identifier) => {
      const row = this.#database.row(this.#table, identifier, transaction)
      return row ? [copyRow(row)] : []
    })
  }

  async count(where: ConditionNode, transaction?: MemoryTransaction): Promise<number> {
    return this.#matching(where, transaction).length
  }

  async aggregate(
    aggregates: Readonly<Record<string, AggregateNode>>,
    where: ConditionNode,
    transaction?: MemoryTransaction,
  ): Promise<Readonly<Record<string, unknown>>> {
    const rows = this.#matching(where, transaction)
    return Object.fromEntries(Object.entries(aggregates).map(([name, node]) => [name, aggregateRows(node, rows)]))
  }

  insert(rows: readonly Row[], transaction?: MemoryTransaction): Promise<void> {
    return this.#statement(transaction, async (open) => {
      for (const row of rows) {
        await checkUnique(this.#database, this.#table, row, open)
        open.write(this.#table, row.identifier, copyRow(row).values)
      }
      for (const row of rows) checkReferences(this.#database, this.#table, row.values, open)
    })
  }

  async upsert(
    row: Row,
    fields: readonly string[],
    change: StoredValues,
    transaction?: MemoryTransaction,
  ): Promise<{ readonly row: Row; readonly inserted: boolean }> {
    if (!isUnique(this.#table, fields))
      throw new QueryError(`upsert by ${fields.join(', ')}: no unique field or index of ${this.#table.name}`)
    return this.#statement(transaction, async (open) => {
      await freeUnique(this.#database, this.#table, row, open, row.values)
      const same = (other: Row) =>
        fields.every((name) => {
          const [mine, theirs] = [row.values[name] ?? null, other.values[name] ?? null]
          const type = this.#typeOf(name)
          return mine !== null && theirs !== null && type !== undefined && compareValue(type, mine, theirs) === 0
        })
      const existing = [...this.#database.rows(this.#table, open)].find(same)
      if (!existing) {
        await this.insert([row], open)
        return { row, inserted: true }
      }
      await this.#lockRow(existing.identifier, open)
      const changed = await this.#change(existing.identifier, change, open)
      checkReferences(this.#database, this.#table, change, open)
      return { row: copyRow(changed ?? existing), inserted: false }
    })
  }

  async lock(request: LockRequest, begin: () => Promise<MemoryTransaction>): Promise<Row | undefined> {
    const transaction = await begin()
    const { target, place, timeout, identifier } = request
    await this.#database.locks.acquire(this.#key(identifier), { owner: transaction, target, place }, timeout)
    const row = this.#database.row(this.#table, identifier, transaction)
    return row && copyRow(row)
  }

  unlock(): void {
    // The transaction itself lets go of its locks when it ends.
  }

  update(identifier: string, change: StoredValues, transaction?: MemoryTransaction): Promise<Row | undefined> {
    return this.#statement(transaction, async (open) => {
      const row = await this.#change(identifier, change, open)
      if (row) checkReferences(this.#database, this.#table, change, open)
      return row && copyRow(row)
    })
  }

  delete(identifier: string, transaction?: MemoryTransaction): Promise<boolean> {
    return this.#statement(transaction, async (open) => (await this.#remove([identifier], open)).length > 0)
  }

  updateWhere(where: ConditionNode, change: StoredValues, transaction?: MemoryTransaction): Promise<readonly string[]> {
    return this.#statement(transaction, async (open) => {
      const identifiers = await this.#lockMatching(where, open)
      for (const identifier of identifiers) await this.#change(identifier, change, open)
      // As a database does: references are looked at when all rows are written.
      if (identifiers.length > 0) checkReferences(this.#database, this.#table, change, open)
      return identifiers
    })
  }

  deleteWhere(where: ConditionNode, transaction?: MemoryTransaction): Promise<readonly string[]> {
    return this.#statement(transaction, async (open) => this.#remove(await this.#lockMatching(where, open), open))
  }

  announce(identifiers: readonly string[]): void {
    this.#database.announce(this.#table.name, identifiers)
  }

  async watch(identifier: string, onChange: () => void): Promise<{ close(): Promise<void> }> {
    const close = this.#database.watch(this.#table.name, identifier, onChange)
    return { close: async () => close() }
  }

  /** All of `work` or nothing of it, in the given transaction or in one of its own. */
  async #statement<Result>(
    transaction: MemoryTransaction | undefined,
    work: (open: MemoryTransaction) => Promise<Result>,
  ): Promise<Result> {
    const open = transaction ?? new MemoryTransaction(this.#database)
    const back = open.mark()
    try {
      const result = await work(open)
      if (!transaction) await open.commit()
      return result
    } catch (error) {
      back()
      if (!transaction) await open.rollback()
      throw error
    }
  }

  async #change(identifier: string, change: StoredValues, open: MemoryTransaction): Promise<Row | undefined> {
    await this.#lockRow(identifier, open)
    const before = this.#database.row(this.#table, identifier, open)
    if (!before) return undefined
    const row = copyRow({ identifier, values: { ...before.values, ...change } })
    await freeUnique(this.#database, this.#table, before, open, change)
    await checkUnique(this.#database, this.#table, row, open, change)
    open.write(this.#table, identifier, row.values)
    return row
  }

  async #remove(identifiers: readonly string[], open: MemoryTransaction): Promise<string[]> {
    const gone: string[] = []
    for (const identifier of identifiers) {
      await this.#lockRow(identifier, open)
      const row = this.#database.row(this.#table, identifier, open)
      if (!row) continue
      await freeUnique(this.#database, this.#table, row, open)
      open.write(this.#table, identifier, null)
      gone.push(identifier)
    }
    checkReferenced(this.#database, this.#table, gone, open)
    return gone
  }

  async #lockMatching(where: ConditionNode, open: MemoryTransaction): Promise<string[]> {
    const identifiers = this.#matching(where, open)
      .map((row) => row.identifier)
      .sort()
    for (const identifier of identifiers) await this.#lockRow(identifier, open)
    const rowOf = this.#rowOf(open)
    return identifiers.filter((identifier) => {
      const row = this.#database.row(this.#table, identifier, open)
      return row !== undefined && meets(row, where, rowOf)
    })
  }

  async #lockRow(identifier: string, open: MemoryTransaction): Promise<void> {
    const target = `${this.#table.name}(${identifier})`
    const place = () => ({ cell: 'a bulk write', line: undefined })
    await this.#database.locks.acquire(this.#key(identifier), { owner: open, target, place }, PATIENCE)
  }

  #matching(where: ConditionNode, transaction: MemoryTransaction | undefined): Row[] {
    const rowOf = this.#rowOf(transaction)
    return [...this.#database.rows(this.#table, transaction)].filter((row) => meets(row, where, rowOf))
  }

  #rowOf(transaction: MemoryTransaction | undefined): RowOf {
    return (model, identifier) => {
      const table = this.#database.tableOf(model)
      return table && this.#database.row(table, identifier, transaction)
    }
  }

  #key(identifier: string): string {
    return `${this.#table.name}:${identifier}`
  }

  #typeOf(name: string) {
    return modelFields(this.#table.model)[name]?.type
  }
}

function compareRows(orders: readonly OrderNode[], one: Row, other: Row): number {
  for (const { field, direction, nulls } of orders) {
    const [left, right] = [valueAt(one, field), valueAt(other, field)]
    if (left === null && right === null) continue
    if (left === null || right === null) return (left === null) === (nulls === 'first') ? -1 : 1
    const order = compareValue(field.type, left, right)
    if (order !== 0) return direction === 'asc' ? order : -order
  }
  return compareText(one.identifier, other.identifier)
}

/** Nothing that a caller changes in place may reach the stored row, or the other way round. */
function copyRow(row: Row): Row {
  return { identifier: row.identifier, values: copyValue(row.values) as StoredValues }
}
