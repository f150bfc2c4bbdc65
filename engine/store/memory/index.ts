/** The memory store: `@justscale/engine/memory`. */
export { MemoryStore } from './memory-store.ts'
export type { MemoryStoreOptions } from './memory-store.ts'
