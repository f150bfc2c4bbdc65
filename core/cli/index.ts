/** What users import from `@justscale/core/cli`. */
export { Cli, type CliBuilder } from './cli.ts'
export type { CliContext, CliRoute } from './cli-route.ts'
export { CommandError } from './command-error.ts'
export { failureText } from '../app/failure-text.ts'
export type { CommandIo, Output } from './command-io.ts'
export { columns } from './columns.ts'
export { runCommandLine, type CommandLineOptions } from './run-command-line.ts'
