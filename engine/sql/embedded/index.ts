/**
 * A real Postgres without installing one: for development (`startEmbedded`, `resolveDatabase`) and for tests
 * (`testDatabase`). Nothing here is for production.
 */
export { EmbeddedPostgresError } from './errors.ts'
export { embeddedUrl, startEmbedded, type EmbeddedOptions, type EmbeddedPostgres } from './start-embedded.ts'
export { resolveDatabase, type ResolvedDatabase, type ResolveOptions } from './resolve-database.ts'
export { testDatabase, testServer, type TestDatabase, type TestDatabaseOptions } from './test-database.ts'
