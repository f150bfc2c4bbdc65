/** Locks: who waits for whom on this node, and the errors of waiting. */
export { LockTable, type LockClaim } from './lock-table.ts'
export { DeadlockError, LockLostError, LockTimeoutError, type LockPlace } from './errors.ts'
export { lockPlace } from './lock-place.ts'
