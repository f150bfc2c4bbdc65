/** The parameters of a command, read from its schema: what is an option, what a plain argument, and how its text is read. */
import { z } from 'zod'
import { DefinitionError } from '../errors.ts'

export interface Parameter {
  /** Key in the schema. */
  readonly key: string
  /** `--max-age`, or the argument's name for the help. */
  readonly name: string
  readonly kind: 'text' | 'number' | 'switch' | 'json'
  /** Given several times, or, for the last argument, all that is left. */
  readonly list: boolean
  /** Of a plain argument, from 1. */
  readonly position: number | undefined
  readonly required: boolean
  readonly description: string
  readonly default: unknown
  /** The texts that it may be. */
  readonly choices: readonly string[]
}

interface Property {
  readonly type?: string
  readonly items?: Property
  readonly anyOf?: readonly Property[]
  readonly enum?: readonly unknown[]
  readonly description?: string
  readonly default?: unknown
  readonly cli?: { readonly position?: number }
}

/** Options that every command has. */
const taken = ['json', 'help']

/** Plain arguments first, in order. Throws `DefinitionError` for a schema that is no object, or takes the name of a common option. */
export function parametersOf(command: string, schema: z.ZodType | undefined): readonly Parameter[] {
  if (schema === undefined) return []
  const {
    type,
    properties,
    required = [],
  } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    readonly type?: string
    readonly properties?: Readonly<Record<string, Property>>
    readonly required?: readonly string[]
  }
  if (type !== 'object' || properties === undefined)
    throw new DefinitionError(`Cli('${command}').input needs an object`)
  const all = Object.entries(properties).map(([key, property]) => parameterOf(key, property, required.includes(key)))
  const clash = all.find((each) => each.position === undefined && taken.includes(each.name.slice(2)))
  if (clash !== undefined) throw new DefinitionError(`Cli('${command}'): ${clash.name} is an option of every command`)
  return all.sort((one, other) => (one.position ?? Infinity) - (other.position ?? Infinity))
}

function parameterOf(key: string, property: Property, required: boolean): Parameter {
  const list = property.type === 'array'
  const value = list ? (property.items ?? {}) : property
  const position = property.cli?.position
  const kebab = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return {
    key,
    name: position === undefined ? `--${kebab}` : kebab,
    kind: kindOf(value),
    list,
    position,
    required: required && property.default === undefined,
    description: property.description ?? '',
    default: property.default,
    choices: (value.enum ?? []).filter((choice) => typeof choice === 'string'),
  }
}

/** A union is read as its first member that is not null. */
function kindOf(property: Property): Parameter['kind'] {
  const { type } = property.anyOf?.find((each) => each.type !== 'null') ?? property
  if (type === 'boolean') return 'switch'
  if (type === 'number' || type === 'integer') return 'number'
  return type === 'object' || type === 'array' ? 'json' : 'text'
}
