/**
 * A transaction on memory: its writes lie over the committed rows until it commits, and are seen by nobody else. Commit
 * applies all of them, and what the engine joined, in one synchronous turn.
 */
import type { StoredValues } from '@justscale/core'
import type { StorageTransaction } from '@justscale/core/cell'
import type { JoinableTransaction } from '@justscale/engine'
import type { MemoryDatabase, MemoryTable } from './memory-database.ts'
import { uniqueKeys } from './unique-key.ts'

/** Table name to identifier to values; `null` is a deleted row. */
type Overlay = Map<string, Map<string, StoredValues | null>>

export class MemoryTransaction implements StorageTransaction {
  readonly joinable: JoinableTransaction
  readonly #database: MemoryDatabase
  #overlay: Overlay = new Map()
  /** Rows that this transaction gave a unique value at some time, by the value's key: looked at again before it counts. */
  readonly #candidates = new Map<string, Set<string>>()
  #joined: Array<() => void> = []

  constructor(database: MemoryDatabase) {
    this.#database = database
    this.joinable = { kind: 'memory', storage: 'memory', onCommit: (apply) => void this.#joined.push(apply) }
  }

  /** What this transaction made of the row: values, `null` when deleted, `undefined` when untouched. */
  written(table: string, identifier: string): StoredValues | null | undefined {
    return this.#overlay.get(table)?.get(identifier)
  }

  /** All rows of a table that this transaction touched. */
  touched(table: string): ReadonlyMap<string, StoredValues | null> {
    return this.#overlay.get(table) ?? new Map()
  }

  /** The row that has a unique value by a write of this transaction. */
  ownerOf(table: MemoryTable, key: string): string | undefined {
    for (const identifier of this.#candidates.get(key) ?? []) {
      if (uniqueKeys(table, this.written(table.name, identifier)).includes(key)) return identifier
    }
    return undefined
  }

  write(table: MemoryTable, identifier: string, values: StoredValues | null): void {
    const rows = this.#overlay.get(table.name) ?? new Map<string, StoredValues | null>()
    this.#overlay.set(table.name, rows)
    rows.set(identifier, values)
    for (const key of uniqueKeys(table, values)) {
      const candidates = this.#candidates.get(key)
      if (candidates) candidates.add(identifier)
      else this.#candidates.set(key, new Set([identifier]))
    }
  }

  /** Goes back to here; for statements that fail halfway and for savepoints. */
  mark(): () => void {
    const overlay: Overlay = new Map([...this.#overlay].map(([table, rows]) => [table, new Map(rows)]))
    const joined = [...this.#joined]
    return () => {
      this.#overlay = overlay
      this.#joined = joined
    }
  }

  async savepoint(): Promise<{ release(): Promise<void>; rollback(): Promise<void> }> {
    const back = this.mark()
    return { release: async () => {}, rollback: async () => back() }
  }

  async commit(): Promise<void> {
    for (const [table, rows] of this.#overlay) {
      for (const [identifier, values] of rows) this.#database.apply(table, identifier, values)
    }
    for (const apply of this.#joined) apply()
    this.#end()
  }

  interrupt(): void {
    this.#database.locks.abandon(this)
  }

  async rollback(): Promise<void> {
    this.#end()
  }

  #end(): void {
    this.#overlay = new Map()
    this.#candidates.clear()
    this.#joined = []
    this.#database.locks.releaseAll(this)
  }
}
