/** Locks: by name across nodes, who waits for whom on this one, and the errors of waiting. */
export { LockService, type Locks, type NamedLockOptions } from './lock-service.ts'
export { NamedLock } from './named-lock.ts'
export { DeadlockError, LockLostError, LockTimeoutError, type LockPlace } from './errors.ts'

// For adapters.
export { LockBackend, type NamedGrant } from './lock-backend.ts'
export { LockTable, type LockClaim } from './lock-table.ts'
export { lockPlace } from './lock-place.ts'
