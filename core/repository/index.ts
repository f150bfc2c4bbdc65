/** Repositories: the contract that users see, and what adapters build them from. */
export { Repository, type LockedAll } from './repository.ts'
export type { FindOptions, IterateOptions, LockOptions, ObserveOptions, UpsertOptions, Where } from './query-options.ts'
export { copyValue } from '../model/compound-value.ts'
export { isStorageKey } from '../reference/reference-text.ts'
export { checkReferenceKeys } from './reference-keys.ts'
export {
  EntityGoneError,
  LockReleasedError,
  NotLockedError,
  QueryError,
  ReferenceViolationError,
  StorageRefusedError,
  UniqueViolationError,
  UnsavedChangesError,
} from './errors.ts'
export { StoredRepository } from './stored-repository.ts'
export type { LockRequest, Row, RowQuery, RowStore } from './row-store.ts'
