/**
 * The seam between repositories and storages. `StoredRepository` does everything that must be the same everywhere (forms
 * of entities, locks, scopes, checks); a `RowStore` keeps the rows of one model. Values are `StoredValues`: references as
 * identifiers, absent values as null, everything else in the field's own form.
 */
import type { StorageTransaction, TransactionProvider } from '../cell/transaction-provider.ts'
import type { LockPlace } from '../lock/errors.ts'
import type { StoredValues } from '../model/entity-maker.ts'
import type { AggregateNode, ConditionNode, OrderNode } from '../query/condition.ts'

export interface Row {
  readonly identifier: string
  readonly values: StoredValues
}

export interface RowQuery {
  readonly where: ConditionNode
  /** Ties are broken by identifier, so that every order is total. */
  readonly orderBy: readonly OrderNode[]
  readonly limit?: number
  readonly offset?: number
  /** Only what comes after this row in the order. */
  readonly after?: Row
}

export interface LockRequest {
  readonly identifier: string
  /** The root unit of work. */
  readonly owner: object
  /** `Order(0192...)`. */
  readonly target: string
  readonly place: () => LockPlace
  /** Milliseconds. */
  readonly timeout: number
  /** True when the unit of work has no connection yet: waiting must not take one. */
  readonly first: boolean
}

/** Rows of one model. `transaction` is the unit of work's; without one, a call commits by itself. */
export interface RowStore<Transaction extends StorageTransaction = StorageTransaction> {
  readonly provider: TransactionProvider<Transaction>
  /** Rows in order of the query; without `orderBy`, oldest first. */
  select(query: RowQuery, transaction?: Transaction): Promise<readonly Row[]>
  /** Rows by identifier, in any order; unknown and malformed ones are left out. */
  selectByKeys(identifiers: readonly string[], transaction?: Transaction): Promise<readonly Row[]>
  count(where: ConditionNode, transaction?: Transaction): Promise<number>
  aggregate(
    aggregates: Readonly<Record<string, AggregateNode>>,
    where: ConditionNode,
    transaction?: Transaction,
  ): Promise<Readonly<Record<string, unknown>>>
  /**
   * All of them or none. Rejects with `UniqueViolationError` or `ReferenceViolationError`, and the transaction goes on as
   * if nothing had been tried.
   */
  insert(rows: readonly Row[], transaction?: Transaction): Promise<void>
  /** Inserts, or where another row has the same values of `fields`, sets `change` on that one. */
  upsert(
    row: Row,
    fields: readonly string[],
    change: StoredValues,
    transaction?: Transaction,
  ): Promise<{ readonly row: Row; readonly inserted: boolean }>
  /**
   * Locks a row until the transaction ends and reads it, as one act: nobody can have changed it in between. `undefined` when
   * there is none. `begin` opens the transaction. Rejects with `LockTimeoutError` or `DeadlockError`.
   */
  lock(request: LockRequest, begin: () => Promise<Transaction>): Promise<Row | undefined>
  /** `owner`'s transaction has ended. */
  unlock(owner: object): void
  /** Changes one row; `undefined` when it is gone. */
  update(identifier: string, change: StoredValues, transaction?: Transaction): Promise<Row | undefined>
  /** Deletes one row; false when it is gone. */
  delete(identifier: string, transaction?: Transaction): Promise<boolean>
  /** Locks, in a safe order, and changes all rows that meet the condition once locked. Gives their identifiers. */
  updateWhere(where: ConditionNode, change: StoredValues, transaction?: Transaction): Promise<readonly string[]>
  deleteWhere(where: ConditionNode, transaction?: Transaction): Promise<readonly string[]>
  /** Tells observers, here and on other nodes, that the rows changed. Called after the commit. */
  announce(identifiers: readonly string[]): void
  /** Calls back after every announced change of the row, and when changes may have been missed. */
  watch(identifier: string, onChange: () => void): Promise<{ close(): Promise<void> }>
}
