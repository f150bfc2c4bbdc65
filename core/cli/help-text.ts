/** What `--help` prints. */
import { aligned } from './columns.ts'
import { cliDescription, type CliRoute } from './cli-route.ts'
import type { Parameter } from './parameters.ts'

/** The commands of a program; `otherwise` says what it does without one. */
export function programHelp(program: string, commands: readonly CliRoute[], otherwise: string): string {
  const lines = commands.map((route) => [`  ${route.command}`, route[cliDescription].description])
  const list = lines.length === 0 ? 'The app has no commands.' : `Commands:\n${aligned(lines)}`
  return [`Usage: ${program} <command> [options]`, list, ...(otherwise === '' ? [] : [otherwise])].join('\n\n')
}

/** One command. */
export function commandHelp(program: string, route: CliRoute, parameters: readonly Parameter[]): string {
  const { description } = route[cliDescription]
  const places = parameters.filter((each) => each.position !== undefined)
  const options = parameters.filter((each) => each.position === undefined)
  const words = places.map((each) => {
    const name = each.list ? `${each.name}...` : each.name
    return each.required ? `<${name}>` : `[${name}]`
  })
  const common = [
    ['  --json', 'The result as JSON'],
    ['  -h, --help', 'This text'],
  ]
  return [
    ...(description === '' ? [] : [description, '']),
    ['Usage:', program, route.command, ...words, '[options]'].join(' '),
    ...(places.length > 0 ? ['', 'Arguments:', aligned(places.map((each) => [`  ${each.name}`, noteOf(each)]))] : []),
    '',
    'Options:',
    aligned([...options.map((each) => [`  ${flagOf(each)}`, noteOf(each)]), ...common]),
  ].join('\n')
}

function flagOf({ name, kind, list, choices }: Parameter): string {
  if (kind === 'switch') return name
  const value = choices.length > 0 ? choices.join('|') : kind
  return `${name} <${value}>${list ? ' ...' : ''}`
}

function noteOf(parameter: Parameter): string {
  const notes = [
    parameter.description,
    parameter.required ? '(required)' : '',
    parameter.default === undefined ? '' : `(default: ${JSON.stringify(parameter.default)})`,
  ]
  return notes.filter((note) => note !== '').join(' ')
}
