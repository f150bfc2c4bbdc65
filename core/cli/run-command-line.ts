/**
 * Runs a command of an app: starts the app without serving, runs the command in a cell, stops, and gives the exit code: 0, 2 for
 * what was called wrongly, 130 and 143 after a signal, else 1 or what a `CommandError` says.
 */
import type { Application } from '../app/application.ts'
import { runInApp } from '../app/context.ts'
import { failureText } from '../app/failure-text.ts'
import { runInCell } from '../cell/run-in-cell.ts'
import { stepFunction } from '../controller/create-middleware.ts'
import { CommandError, misuse } from './command-error.ts'
import { commandIo, type CommandIo, type Output } from './command-io.ts'
import { cliDescription, type CliStep } from './cli-route.ts'
import { describedCommands } from './described-commands.ts'
import { commandsOf, findCommand, type AppCommand } from './find-command.ts'
import { commandHelp, programHelp } from './help-text.ts'
import { parametersOf, type Parameter } from './parameters.ts'
import { parseArguments } from './parse-arguments.ts'

export interface CommandLineOptions {
  /** As the help calls it. */
  readonly program: string
  /** What the program does without a command, for the help. */
  readonly otherwise?: string
  /** Where the text goes; default: the standard output and error. */
  readonly output?: Output
  /** Ends the command as a signal of the operating system would. */
  readonly signal?: AbortSignal
}

/** Resolves with the exit code; the app is stopped then. Never rejects. */
export async function runCommandLine(
  app: Application<unknown>,
  args: readonly string[],
  { program, otherwise = '', output = standardOutput, signal }: CommandLineOptions,
): Promise<number> {
  const interrupt = interruption(signal)
  try {
    const commands = await commandsFor(app, args)
    const [first] = args
    if (first === '--help' || first === '-h') {
      const routes = commands.map(({ route }) => route)
      output.out(programHelp(program, routes, otherwise))
      return 0
    }
    const { command, rest } = findCommand(commands, args)
    await called(app, command, rest, program, output, interrupt.signal)
    return interrupt.exitCode ?? 0
  } catch (error) {
    if (interrupt.exitCode !== undefined && error === interrupt.signal.reason) return interrupt.exitCode
    output.error(failureText(error))
    return interrupt.exitCode ?? (error instanceof CommandError ? error.exitCode : 1)
  } finally {
    interrupt[Symbol.dispose]()
    await app.stop().catch((error: unknown) => output.error(failureText(error)))
  }
}

/** Help needs no app that could run. */
async function commandsFor(app: Application<unknown>, args: readonly string[]): Promise<readonly AppCommand[]> {
  try {
    await app.prepare()
  } catch (error) {
    const options = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined)
    if (options.includes('--help') || options.includes('-h')) return describedCommands(app)
    throw error
  }
  return commandsOf(app)
}

async function called(
  app: Application<unknown>,
  command: AppCommand,
  args: readonly string[],
  program: string,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { route } = command
  const description = route[cliDescription]
  const parameters = parametersOf(route.command, description.input)
  const { input, json, help } = withHint(`See ${program} ${route.command} --help`, () =>
    parseArguments(parameters, args),
  )
  if (help) return output.out(commandHelp(program, route, parameters))
  const checked = await checkedInput(command, parameters, input, program)
  if (description.starts) await app.start({ serve: false })
  const io = commandIo(output, json)
  const result = await runInApp(command.app, () =>
    runInCell({ name: `command ${route.command}`, signal }, () => run(command, { args: checked, io, signal })),
  )
  io.result(result)
}

async function run(
  command: AppCommand,
  given: { args: unknown; io: CommandIo; signal: AbortSignal },
): Promise<unknown> {
  const { steps, handle, returns } = command.route[cliDescription]
  const context: Record<string, unknown> = { ...given }
  for (const step of steps) await runStep(command.app, step, context)
  const result = await (handle as (context: unknown) => unknown)(context)
  return returns === undefined ? result : await returns.parseAsync(result)
}

type Run = (context: unknown) => unknown

async function runStep(app: Application<unknown>, step: CliStep, context: Record<string, unknown>): Promise<void> {
  if (step.kind === 'use') {
    const middleware = await stepFunction(step.middleware as unknown as Run, app.container)
    const added = await middleware(context)
    if (typeof added === 'object' && added !== null) Object.assign(context, added)
    return
  }
  for (const guard of step.guards) {
    const passes = await stepFunction(guard as unknown as Run, app.container)
    if ((await passes(context)) !== false) return
  }
  throw new CommandError('You may not do this')
}

async function checkedInput(
  { route }: AppCommand,
  parameters: readonly Parameter[],
  input: Readonly<Record<string, unknown>>,
  program: string,
): Promise<unknown> {
  const { input: schema } = route[cliDescription]
  if (schema === undefined) return {}
  const result = await schema.safeParseAsync(input)
  if (result.success) return result.data
  const lines = result.error.issues.map(({ path, message }) => {
    const parameter = parameters.find((each) => each.key === path[0])
    const missing = parameter !== undefined && !Object.hasOwn(input, parameter.key)
    return `${parameter?.name ?? path.join('.')}: ${missing ? 'is missing' : message}`
  })
  throw misuse(lines.join('\n'), `See ${program} ${route.command} --help`)
}

function withHint<Result>(hint: string, body: () => Result): Result {
  try {
    return body()
  } catch (error) {
    if (error instanceof CommandError && error.hint === undefined) throw misuse(error.message, hint)
    throw error
  }
}

const standardOutput: Output = { out: (text) => console.log(text), error: (text) => console.error(text) }

/** The first signal asks the command to end, a second one ends the OS process. */
function interruption(given: AbortSignal | undefined) {
  const controller = new AbortController()
  const codes = { SIGINT: 130, SIGTERM: 143 } as const
  const state = {
    signal: controller.signal,
    exitCode: undefined as number | undefined,
    [Symbol.dispose]: () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop)
    },
  }
  const stop = (name: keyof typeof codes) => {
    state.exitCode = codes[name]
    state[Symbol.dispose]()
    controller.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop)
  given?.addEventListener('abort', () => stop('SIGINT'), { once: true })
  return state
}
