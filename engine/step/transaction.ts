/**
 * A transaction that somebody opened and the engine may join: a step's checkpoint, a signal or a process start then
 * commits with it or not at all. `kind` says how the engine writes into it, `storage` whether it is the engine's own.
 */
import type { SqlRunner } from '../sql/connection.ts'

export type JoinableTransaction = SqlTransaction | MemoryTransaction

export interface SqlTransaction {
  readonly kind: 'sql'
  /** `SqlDatabase.identity` of the database it is open on. */
  readonly storage: string
  /** Runs statements inside the open transaction. */
  readonly sql: SqlRunner
  /**
   * Calls `run` once, soon after the transaction committed; never when it did not. The engine then tells other nodes of
   * what was written. Without it they find out by polling.
   */
  afterCommit?(run: () => void): void
}

export interface MemoryTransaction {
  readonly kind: 'memory'
  /** Memory needs no common database to be atomic: all writes of a commit happen in one synchronous turn. */
  readonly storage: 'memory'
  /** Registers writes to be applied, in order, when the transaction commits; none is when it rolls back. */
  onCommit(apply: () => void): void
}
