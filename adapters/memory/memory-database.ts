/**
 * The rows of an app that are kept in memory, by model. One per app, so that transactions span its repositories and
 * conditions can walk between its models; pass one to several repositories to share it between apps.
 */
import { modelName, type AnyModelClass, type AppContext, type StoredValues } from '@justscale/core'
import type { TransactionProvider } from '@justscale/core/cell'
import { LockTable } from '@justscale/core/lock'
import type { Row } from '@justscale/core/repository'
import { MemoryTransaction } from './memory-transaction.ts'
import { uniqueKeys } from './unique-key.ts'

export interface MemoryTable {
  readonly name: string
  readonly model: AnyModelClass
  /** Lists of fields that are unique together. */
  readonly unique: readonly (readonly string[])[]
  /** Committed rows. */
  readonly rows: Map<string, StoredValues>
  /** Of those: which row has a unique value, by `uniqueKeys`. */
  readonly owners: Map<string, string>
}

/** What repositories in memory share: rows, locks and transactions of one app, or of several that stand for nodes. */
export class MemoryDatabase {
  readonly locks = new LockTable()
  readonly provider: TransactionProvider<MemoryTransaction>
  readonly #tables = new Map<string, MemoryTable>()
  readonly #watchers = new Map<string, Set<() => void>>()

  constructor() {
    this.provider = { name: 'memory', begin: async () => new MemoryTransaction(this) }
  }

  /** The table of a model; made at the first call. */
  table(model: AnyModelClass, unique: readonly (readonly string[])[] = []): MemoryTable {
    const name = modelName(model)
    const existing = this.#tables.get(name)
    if (existing) return existing
    const table = { name, model, unique, rows: new Map<string, StoredValues>(), owners: new Map<string, string>() }
    this.#tables.set(name, table)
    return table
  }

  /** The table of a model, if any repository of this database keeps it. */
  tableOf(model: AnyModelClass): MemoryTable | undefined {
    return this.#tables.get(modelName(model))
  }

  get tables(): Iterable<MemoryTable> {
    return this.#tables.values()
  }

  /** One row as `transaction` sees it. */
  row(table: MemoryTable, identifier: string, transaction: MemoryTransaction | undefined): Row | undefined {
    const written = transaction?.written(table.name, identifier)
    const values = written === undefined ? table.rows.get(identifier) : written
    return values ? { identifier, values } : undefined
  }

  /** All rows as `transaction` sees them, in no order. */
  *rows(table: MemoryTable, transaction: MemoryTransaction | undefined): Iterable<Row> {
    const touched = transaction?.touched(table.name)
    for (const [identifier, values] of table.rows) {
      if (!touched?.has(identifier)) yield { identifier, values }
    }
    for (const [identifier, values] of touched ?? []) {
      if (values) yield { identifier, values }
    }
  }

  /** The row that has a unique value, as `transaction` sees it. */
  owner(table: MemoryTable, key: string, transaction: MemoryTransaction): string | undefined {
    const own = transaction.ownerOf(table, key)
    if (own !== undefined) return own
    const committed = table.owners.get(key)
    return committed === undefined || transaction.written(table.name, committed) !== undefined ? undefined : committed
  }

  /** At commit. */
  apply(name: string, identifier: string, values: StoredValues | null): void {
    const table = this.#tables.get(name)
    if (!table) return
    // A row that is written later may have taken over what this one had: only what is still its own goes.
    for (const key of uniqueKeys(table, table.rows.get(identifier))) {
      if (table.owners.get(key) === identifier) table.owners.delete(key)
    }
    for (const key of uniqueKeys(table, values)) table.owners.set(key, identifier)
    if (values) table.rows.set(identifier, values)
    else table.rows.delete(identifier)
  }

  announce(table: string, identifiers: readonly string[]): void {
    for (const identifier of identifiers) {
      for (const watcher of this.#watchers.get(`${table}:${identifier}`) ?? []) watcher()
    }
  }

  watch(table: string, identifier: string, onChange: () => void): () => void {
    const key = `${table}:${identifier}`
    const watchers = this.#watchers.get(key) ?? new Set()
    this.#watchers.set(key, watchers.add(onChange))
    return () => {
      watchers.delete(onChange)
      if (watchers.size === 0) this.#watchers.delete(key)
    }
  }
}

const databases = new WeakMap<AppContext, MemoryDatabase>()

/** The database of an app. */
export function memoryDatabaseOf(app: AppContext): MemoryDatabase {
  const existing = databases.get(app) ?? new MemoryDatabase()
  databases.set(app, existing)
  return existing
}
