/** The commands of an app and its sub-apps. */
import type { Application } from '../app/application.ts'
import { DefinitionError } from '../errors.ts'
import { misuse } from './command-error.ts'
import { isCliRoute, type CliRoute } from './cli-route.ts'

/** A command in the app that it belongs to. */
export interface AppCommand {
  readonly app: Application<unknown>
  readonly route: CliRoute
}

/** By their words. The app must be prepared. Throws `DefinitionError` when two commands have the same. */
export function commandsOf(app: Application<unknown>): readonly AppCommand[] {
  const all = collect(app).sort((one, other) => (one.route.command < other.route.command ? -1 : 1))
  const twice = all.find((each, index) => all[index + 1]?.route.command === each.route.command)
  if (twice !== undefined) throw new DefinitionError(`The command "${twice.route.command}" is there twice`)
  return all
}

function collect(app: Application<unknown>): AppCommand[] {
  const own = app.container.controllers({ transport: 'cli' }).flatMap((entry) => Object.values(entry.instance.routes))
  const routes = own.filter(isCliRoute).map((route) => ({ app, route }))
  return [...routes, ...app.container.apps().flatMap((entry) => collect(entry.app))]
}

/** The command with the most words that the arguments begin with, and what comes after them. Throws `CommandError`. */
export function findCommand(
  commands: readonly AppCommand[],
  args: readonly string[],
): { readonly command: AppCommand; readonly rest: readonly string[] } {
  const begins = ({ route }: AppCommand) => route.command.split(' ').every((word, index) => args[index] === word)
  const [command] = commands.filter(begins).sort((one, other) => wordsOf(other) - wordsOf(one))
  if (command !== undefined) return { command, rest: args.slice(wordsOf(command)) }
  const given = args.filter((arg) => !arg.startsWith('-')).join(' ')
  const group = given === '' ? [] : commands.filter(({ route }) => route.command.startsWith(`${given} `))
  if (group.length > 0) throw misuse(`Which one? ${group.map(({ route }) => route.command).join(', ')}`)
  if (given === '') throw misuse(`${args[0]} is no command`)
  const known = commands.map(({ route }) => route.command)
  throw misuse(
    `There is no command "${given}"`,
    known.length === 0 ? 'The app has no commands.' : `There are: ${known.join(', ')}`,
  )
}

function wordsOf({ route }: AppCommand): number {
  return route.command.split(' ').length
}
