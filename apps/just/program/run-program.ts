/**
 * Runs the command that the arguments name: help where it is asked for, exit code 2 and one line for what was called wrongly,
 * exit code 1 for what failed. Options that a command does not have are refused, not ignored.
 */
import { CommandError, failureText } from '@justscale/core/cli'
import { type ArgsDef, type CommandDef, renderUsage, runCommand } from 'citty'
import { parseArgs } from 'node:util'
import { MisuseError } from './misuse-error.ts'
import { print } from './print.ts'

/** A command and how it was reached: `just process list`. */
interface Found {
  readonly command: CommandDef
  readonly path: readonly string[]
  /** What comes after its name. */
  readonly rest: readonly string[]
}

/** Gives the exit code. */
export async function runProgram(program: CommandDef, name: string, args: readonly string[]): Promise<number> {
  try {
    const found = await findCommand(program, name, args)
    const own = found.rest.slice(0, found.rest.includes('--') ? found.rest.indexOf('--') : undefined)
    if (found.path.length === 1 && own[0] === '--version') {
      await print(((await resolved(program.meta)) ?? {}).version ?? '')
      return 0
    }
    if (asksForHelp(found, own)) {
      await print(await usage(found))
      return 0
    }
    const definition = await resolved(found.command.args)
    if (definition !== undefined && !takesAnything(found)) checkArguments(definition, found)
    await runCommand(found.command, { rawArgs: [...found.rest] })
    return typeof process.exitCode === 'number' ? process.exitCode : 0
  } catch (error) {
    console.error(failureText(error))
    return error instanceof CommandError ? error.exitCode : 1
  }
}

async function findCommand(program: CommandDef, name: string, args: readonly string[]): Promise<Found> {
  let command = program
  let path = [name]
  let rest = args
  for (;;) {
    const commands = await resolved(command.subCommands)
    const [first] = rest
    if (commands === undefined || (first === undefined && path.length === 1) || first?.startsWith('-') === true)
      return { command, path, rest }
    const names = Object.keys(commands)
    if (first === undefined) throw new MisuseError(`${path.join(' ')} needs a command: ${names.join(', ')}`)
    if (!Object.hasOwn(commands, first)) {
      throw new MisuseError(`${path.join(' ')} has no command "${first}"`, suggestion(first, names, path))
    }
    command = (await resolved(commands[first])) as CommandDef
    path = [...path, first]
    rest = rest.slice(1)
  }
}

/** `just run` hands what is after it to the app, `--help` after the name of a command too. */
function takesAnything({ path }: Found): boolean {
  return path.length === 2 && path[1] === 'run'
}

function asksForHelp(found: Found, own: readonly string[]): boolean {
  const before = takesAnything(found) ? own.slice(0, 1) : own
  return before.includes('--help') || before.includes('-h') || (found.path.length === 1 && own.length === 0)
}

function checkArguments(definition: ArgsDef, { path, rest }: Found): void {
  const options = Object.entries(definition).filter(([, each]) => each.type !== 'positional')
  const positionals = Object.values(definition).filter((each) => each.type === 'positional')
  const kinds = options.map(([name, { type }]) => [name, { type: type === 'boolean' ? 'boolean' : 'string' }] as const)
  let given: readonly string[]
  try {
    given = parseArgs({
      args: [...rest],
      options: Object.fromEntries(kinds),
      allowPositionals: true,
      allowNegative: true,
    }).positionals
  } catch (error) {
    const [unknown] = /--?[\w-]+/.exec(error instanceof Error ? error.message : '') ?? []
    const names = options.map(([name]) => `--${name}`)
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION')) {
      throw new MisuseError(`${path.join(' ')}: ${unusable(error)}`, `See ${path.join(' ')} --help`)
    }
    throw new MisuseError(`${path.join(' ')} has no option ${unknown ?? ''}`, suggestion(unknown ?? '', names, path))
  }
  if (given.length > positionals.length) {
    throw new MisuseError(
      `${path.join(' ')} does not take "${given[positionals.length]}"`,
      `See ${path.join(' ')} --help`,
    )
  }
  const missing = Object.entries(definition)
    .filter(([, each]) => each.type === 'positional')
    .slice(given.length)
    .find(([, each]) => each.required !== false && each.default === undefined)
  if (missing !== undefined) {
    throw new MisuseError(`${path.join(' ')} needs ${missing[0].toUpperCase()}`, `See ${path.join(' ')} --help`)
  }
}

/** What `parseArgs` says of a value that is missing, ambiguous (`--limit -1`) or too much (`--json=1`), in our words. */
function unusable(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const [option] = /--[\w-]+/.exec(message) ?? []
  if (option === undefined) return message
  if (message.includes('does not take an argument')) return `${option} takes no value`
  return message.includes('ambiguous') ? `write the value of ${option} as ${option}=-...` : `${option} needs a value`
}

function suggestion(given: string, names: readonly string[], path: readonly string[]): string {
  const close = names
    .map((name) => ({ name, distance: distanceOf(given, name) }))
    .sort((one, other) => one.distance - other.distance)
    .find(({ name, distance }) => distance <= Math.max(1, Math.floor(name.replace(/^-+/, '').length / 2)))
  return close === undefined ? `See ${path.join(' ')} --help` : `Did you mean ${close.name}?`
}

/** Edits from one word to the other. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (const [column, wanted] of [...other].entries()) {
      const replaced = (row[column] ?? 0) + (letter === wanted ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** As `--help` prints it. */
async function usage({ command, path }: Found): Promise<string> {
  const parent = { meta: { name: path.slice(0, -1).join(' ') } }
  const text = await renderUsage(command, path.length > 1 ? parent : undefined)
  return process.stdout.isTTY ? text : Bun.stripANSI(text)
}

async function resolved<Value>(value: Value | Promise<Value> | (() => Value | Promise<Value>)): Promise<Value> {
  return typeof value === 'function' ? (value as () => Value | Promise<Value>)() : value
}
