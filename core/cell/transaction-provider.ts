/**
 * The seam between cells and storages. An adapter has one `TransactionProvider` per database; a cell opens at most one
 * transaction at a time on each, and everything that runs in the cell joins it.
 */
import type { JoinableTransaction } from '@justscale/engine'

/** One database, as cells see it. Compared by identity. */
export interface TransactionProvider<Transaction extends StorageTransaction = StorageTransaction> {
  /** For messages: `Postgres at localhost:5432/shop`. */
  readonly name: string
  /**
   * Opens a transaction on a connection of its own. Rejects with the adapter's timeout error when no connection is free
   * within `timeout` milliseconds.
   */
  begin(options: { readonly timeout: number; readonly cell: string }): Promise<Transaction>
}

/** An open transaction. Cells never run two of its calls at once. */
export interface StorageTransaction {
  /** What signals, process starts and checkpoints join. */
  readonly joinable: JoinableTransaction
  /** Marks a place to go back to; they nest like a stack. */
  savepoint(): Promise<Savepoint>
  /** Rejects with `TransactionLostError` when the connection is gone, or with the storage's error when it refused. */
  commit(): Promise<void>
  /** It will be rolled back: what it waits for now need not be waited for. */
  interrupt?(): void
  /** Undoes everything and lets go of connection and locks; never rejects. */
  rollback(): Promise<void>
}

export interface Savepoint {
  /** Keeps what was done since. */
  release(): Promise<void>
  /** Undoes what was done since. */
  rollback(): Promise<void>
}
