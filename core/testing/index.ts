/** What tests import from `@justscale/core/testing`. */
export { createTestKit, type LogLine, type TestKit } from './create-test-kit.ts'
export { OsProcess } from './os-process.ts'
export { until } from './until.ts'
export { TestClock } from '@justscale/engine/testing'

// For authors of rooms: fixtures of what must not compile.
export { compile, runCompiler, typeFixtureFailures, type Compilation, type TypeDiagnostic } from './type-fixtures.ts'
