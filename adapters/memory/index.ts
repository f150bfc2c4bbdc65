/** Repositories, locks and channels in memory: for tests, and for apps of one OS process that may forget. */
export {
  createInMemoryModel,
  createInMemoryRepository,
  InMemoryRepository,
  type InMemoryModel,
  type InMemoryRepositoryOptions,
} from './in-memory-repository.ts'
export { InMemoryLockFeature } from './lock-feature.ts'
export { InMemoryChannelFeature } from './channel-feature.ts'
export { InMemoryProcessFeature, type InMemoryProcessOptions } from './process-feature.ts'
export { MemoryFeature } from './memory-feature.ts'
export { InMemoryConfigStore } from './config-store.ts'

// For library authors.
export { inMemoryRepositoryOf } from './in-memory-repository.ts'
export { MemoryDatabase, memoryDatabaseOf } from './memory-database.ts'
