/** Cells and units of work: what shares a transaction with what, and when it commits. */
export { afterCommit, settled } from './after-commit.ts'
export { CallIdentity, requestIdFrom } from './call-identity.ts'
export { currentCell, enterCell, requireCell } from './current-cell.ts'
export { lossOf, openCell, type OpenCell } from './open-cell.ts'
export { callInCell, runInCell } from './run-in-cell.ts'
export { transaction } from './transaction.ts'
export { Cell, DEFAULT_PATIENCE, type BeforeCommit, type CellKind, type CellOptions, type CellScope } from './cell.ts'
export { UnitOfWork, type UnitOwner } from './unit-of-work.ts'
export type { Savepoint, StorageTransaction, TransactionProvider } from './transaction-provider.ts'
export {
  AfterCommitError,
  CellClosedError,
  CellRequiredError,
  TransactionLostError,
  UnitTimeoutError,
} from './errors.ts'
