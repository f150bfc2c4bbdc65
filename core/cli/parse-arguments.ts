/** Turns the words of a command line into the input of a command's schema. */
import { parseArgs } from 'node:util'
import { misuse } from './command-error.ts'
import type { Parameter } from './parameters.ts'

export interface ParsedArguments {
  /** What the schema is to check; only what was given. */
  readonly input: Readonly<Record<string, unknown>>
  readonly json: boolean
  readonly help: boolean
}

/** Throws `CommandError` with exit code 2 for what the command does not have. */
export function parseArguments(parameters: readonly Parameter[], args: readonly string[]): ParsedArguments {
  const options = parameters.filter((each) => each.position === undefined)
  const places = parameters.filter((each) => each.position !== undefined)
  const { values, positionals } = parsed(options, args)
  const input: Record<string, unknown> = {}
  const take = (parameter: Parameter, given: readonly Given[]) => {
    if (given.length === 0) return
    const read = given.map((each) => valueOf(parameter, each))
    input[parameter.key] = parameter.list ? read : read.at(-1)
  }
  for (const option of options) take(option, [values[option.name.slice(2)] ?? []].flat())
  const left = [...positionals]
  for (const place of places) take(place, left.splice(0, place.list ? left.length : 1))
  if (left[0] !== undefined && values['help'] !== true) throw misuse(`It does not take "${left[0]}"`)
  return { input, json: values['json'] === true, help: values['help'] === true }
}

type Given = string | boolean

function parsed(options: readonly Parameter[], args: readonly string[]) {
  const known = options.map((each) => {
    const type = each.kind === 'switch' ? ('boolean' as const) : ('string' as const)
    return [each.name.slice(2), { type, multiple: each.list }] as const
  })
  const common = { json: { type: 'boolean' as const }, help: { type: 'boolean' as const, short: 'h' } }
  try {
    const config = { args: withNegatives(options, args), options: { ...Object.fromEntries(known), ...common } }
    const { values, positionals } = parseArgs({ ...config, allowPositionals: true, allowNegative: true })
    return { values: values as Readonly<Record<string, Given | Given[] | undefined>>, positionals }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const [unknown] = /'(-[^' ]*)/.exec(message)?.slice(1) ?? []
    const isUnknown = error instanceof Error && 'code' in error && error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
    if (/ambiguous|argument missing/.test(message)) throw misuse(`${unknown} needs a value`)
    throw misuse(isUnknown ? `It has no option ${unknown}` : (message.split('. ')[0] ?? message))
  }
}

/** `--amount -5` as `--amount=-5`: `parseArgs` would take the value for an option. */
function withNegatives(options: readonly Parameter[], args: readonly string[]): string[] {
  const numbers = new Set(options.filter(({ kind }) => kind === 'number').map(({ name }) => name))
  const end = args.indexOf('--')
  const result: string[] = []
  for (const [index, arg] of args.entries()) {
    const before = result.at(-1)
    const inside = end === -1 || index < end
    if (inside && before !== undefined && numbers.has(before) && /^-[\d.]/.test(arg))
      result.push(`${result.pop()}=${arg}`)
    else result.push(arg)
  }
  return result
}

function valueOf({ kind }: Parameter, given: Given): unknown {
  if (typeof given === 'boolean') return given
  // What is no number, or no JSON, is left to the schema, which says what it should have been.
  if (kind === 'number') return given.trim() === '' || Number.isNaN(Number(given)) ? given : Number(given)
  return kind === 'json' ? jsonOr(given) : given
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
