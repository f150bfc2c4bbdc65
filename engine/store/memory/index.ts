/** The memory store: `@justscale/engine/memory`. */
export { MemoryStore } from './memory-store.ts'
