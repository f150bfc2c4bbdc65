/** Routes of the command line as data: what the builder makes and the runner and its help read. */
import type { z } from 'zod'
import type { Guard, Middleware } from '../controller/create-middleware.ts'
import type { Route } from '../controller/route.ts'
import type { CommandIo } from './command-io.ts'

/** What handlers, middleware and guards of a command are given. */
export type CliContext<Input, Added = unknown> = {
  /** The arguments, as the schema made them. */
  readonly args: Input extends z.ZodType ? z.output<Input> : Record<never, never>
  readonly io: CommandIo
  /** Aborted by SIGINT and SIGTERM: a command that takes long should end then. */
  readonly signal: AbortSignal
} & Added

/** Run in the order of declaration. */
export type CliStep =
  | { readonly kind: 'use'; readonly middleware: Middleware<never, unknown> }
  | { readonly kind: 'guard'; readonly guards: readonly Guard<never>[] }

export interface CliDescription {
  readonly description: string
  readonly input: z.ZodType | undefined
  readonly returns: z.ZodType | undefined
  readonly steps: readonly CliStep[]
  /** False: the app is put together for it, and not started. */
  readonly starts: boolean
  readonly handle: (context: never) => unknown
}

export const cliDescription: unique symbol = Symbol('justscale.cli')

export interface CliRoute extends Route {
  readonly transport: 'cli'
  /** The words it is called by: `order pay`. */
  readonly command: string
  readonly [cliDescription]: CliDescription
}

export function isCliRoute(route: Route): route is CliRoute {
  return cliDescription in route
}
