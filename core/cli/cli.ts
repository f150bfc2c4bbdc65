/**
 * `Cli('order pay').input(z.object({ amount: z.number() })).handle(({ args, io }) => ...)`: a route of the command line, in any
 * controller: `bun main.ts order pay --amount 5`. It runs in a cell of its own, and what it returns is printed once
 * everything is committed.
 */
import type { z } from 'zod'
import type { Guard, Middleware } from '../controller/create-middleware.ts'
import { DefinitionError } from '../errors.ts'
import { cliDescription, type CliContext, type CliDescription, type CliRoute, type CliStep } from './cli-route.ts'

type Awaitable<Value> = Value | Promise<Value>
type AddedBy<Result> = Result extends object ? Result : unknown
type Answer<Returns> = Returns extends z.ZodType ? z.input<Returns> : unknown

/** Immutable: each call gives a new builder. */
export interface CliBuilder<Input, Returns, Added> {
  /** For the help. */
  describe(text: string): CliBuilder<Input, Returns, Added>
  /**
   * A zod object. Its keys are options (`maxAge` is `--max-age`); booleans are switches (`--dry`, `--no-dry`), lists are
   * given several times. `.meta({ cli: { position: 1 } })` makes one a plain argument. `.describe('...')` is for the help.
   */
  input<S extends z.ZodType>(schema: S): CliBuilder<S, Returns, Added>
  /** What the handler gives is checked by it, and what the schema makes of it is printed. */
  returns<S extends z.ZodType>(schema: S): CliBuilder<Input, S, Added>
  /** What the middleware returns is added to the context; throwing ends the command. */
  use<Result>(
    middleware: Middleware<CliContext<Input, Added>, Result>,
  ): CliBuilder<Input, Returns, Added & AddedBy<Result>>
  /** Several guards: one that does not give `false` is enough. */
  guard(...guards: readonly Guard<CliContext<Input, Added>>[]): CliBuilder<Input, Returns, Added>
  /** The app is put together for this command and not started: nothing runs that start hooks begin. */
  withoutStart(): CliBuilder<Input, Returns, Added>
  handle(handler: (context: CliContext<Input, Added>) => Awaitable<Answer<Returns>>): CliRoute
}

/** Throws `DefinitionError` for words that nobody could type. */
export function Cli(command: string): CliBuilder<undefined, undefined, unknown> {
  if (!/^[a-z][\w-]*( [a-z][\w-]*)*$/.test(command)) {
    throw new DefinitionError(`Cli('${command}'): a command is words like 'order pay'`)
  }
  const draft = { description: '', input: undefined, returns: undefined, steps: [], starts: true }
  return builder(command, draft) as CliBuilder<undefined, undefined, unknown>
}

type Draft = Omit<CliDescription, 'handle'>

function builder(command: string, draft: Draft): object {
  const next = (change: Partial<Draft>) => builder(command, { ...draft, ...change })
  const step = (added: CliStep) => next({ steps: [...draft.steps, added] })
  return {
    describe: (description: string) => next({ description }),
    input: (input: z.ZodType) => next({ input }),
    returns: (returns: z.ZodType) => next({ returns }),
    use: (middleware: Middleware<never, unknown>) => step({ kind: 'use', middleware }),
    guard: (...guards: readonly Guard<never>[]) => step({ kind: 'guard', guards }),
    withoutStart: () => next({ starts: false }),
    handle: (handle: CliDescription['handle']): CliRoute => ({
      transport: 'cli',
      command,
      [cliDescription]: { ...draft, handle },
    }),
  }
}
