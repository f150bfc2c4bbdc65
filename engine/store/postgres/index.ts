/** The Postgres store: `@justscale/engine/postgres`. */
export { PostgresStore } from './postgres-store.ts'
export type { PostgresStoreOptions } from './postgres-store.ts'
