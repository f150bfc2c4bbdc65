/**
 * Configuration: named slices with a schema. `class Server extends defineConfig('server', z.object({ port: z.number() })) {}`
 * is a token; injecting it gives the checked value. `provideConfig(Server, (env) => ({ port: Number(env.PORT) }))` says where
 * it comes from. All failures of an app are reported together before anything else is made.
 */
import type { z } from 'zod'
import { componentMeta, type Component, type componentFacts } from '../container/component.ts'
import { DefinitionError } from '../errors.ts'
import { ConfigurationError, type ConfigFailure } from './errors.ts'
import { liveValue } from './live-value.ts'
import { recordedEnvironment, type Environment } from './recorded-environment.ts'
import { shownWrongValue } from './shown-value.ts'

export const configSlice: unique symbol = Symbol('justscale.configSlice')

/** What a slice is for: values of secrets never appear in messages, listings or logs. */
export type ConfigKind = 'config' | 'secret' | 'flag'

export interface ConfigSlice {
  readonly kind: ConfigKind
  readonly name: string
  readonly schema: z.ZodType
}

/** The class that a slice extends. */
export type ConfigToken<Schema extends z.ZodType> = (abstract new () => Readonly<z.output<Schema>>) & {
  readonly [configSlice]: ConfigSlice & { readonly schema: Schema }
}

/** A slice of the configuration. */
export function defineConfig<Schema extends z.ZodObject>(name: string, schema: Schema): ConfigToken<Schema> {
  return sliceClass({ kind: 'config', name, schema }) as ConfigToken<Schema>
}

/** A slice whose values are secret. */
export function defineSecret<Schema extends z.ZodObject>(name: string, schema: Schema): ConfigToken<Schema> {
  return sliceClass({ kind: 'secret', name, schema }) as ConfigToken<Schema>
}

/** A slice of switches: read `flags.newCheckout` where it is used, `ConfigService` may change it while the app runs. */
export function defineFlags<Schema extends z.ZodObject>(name: string, schema: Schema): ConfigToken<Schema> {
  return sliceClass({ kind: 'flag', name, schema }) as ConfigToken<Schema>
}

export interface ConfigFacts<Token> {
  readonly name: 'provideConfig'
  readonly requires: never
  readonly late: never
  readonly provides: Token
  readonly binds: Token
}

export interface ConfigComponent<Token> extends Component {
  readonly [componentFacts]: ConfigFacts<Token>
}

/** Where a slice's value comes from: what the schema does not default must be in `read`'s answer. */
export interface ConfigOptions {
  /** For messages and `--show-sources`; default `environment`. */
  readonly source?: string
  /** Instead of the environment of the OS process: for tests. */
  readonly environment?: Environment
}

type InputOf<Token> = Token extends ConfigToken<infer Schema> ? z.input<Schema> : never

/** Provides a slice from the environment (or from wherever `read` takes it, a vault for example). */
export function provideConfig<Token extends ConfigToken<z.ZodType>>(
  token: Token,
  read: (environment: Environment) => LooseInput<InputOf<Token>> | Promise<LooseInput<InputOf<Token>>>,
  options: ConfigOptions = {},
): ConfigComponent<Token> {
  const slice = token[configSlice]
  const source: ConfigSource = {
    token,
    slice,
    read,
    source: options.source ?? 'environment',
    environment: options.environment ?? Bun.env,
  }
  return {
    [componentMeta]: {
      kind: 'config',
      name: `${slice.kind} ${slice.name}`,
      requires: {},
      provides: [token],
      detail: source,
      create: async (_: unknown, { app }: { app: { name: string } }) => {
        const loaded = await loadConfig(source)
        if (loaded.ok) {
          const names = keysOf(slice.schema, loaded.value)
          return liveValue(loaded.value, names, { secret: slice.kind === 'secret', sources: loaded.sources })
        }
        throw new ConfigurationError(app.name, loaded.failures)
      },
    },
  } as unknown as ConfigComponent<Token>
}

/** Input in which what an environment variable gives may be missing: the schema then says so. */
type LooseInput<Input> = { readonly [Name in keyof Input]?: Input[Name] | string | undefined }

/** `detail` of a configuration component. */
export interface ConfigSource {
  readonly token: unknown
  readonly slice: ConfigSlice
  readonly source: string
  readonly environment: Environment
  readonly read: (environment: Environment) => unknown
}

/** Where each key's value came from: a variable, the provider's source, or `default`. */
export type SourcesOfKeys = Readonly<Record<string, string>>

/** Reads and checks a slice. */
export async function loadConfig(
  source: ConfigSource,
): Promise<
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>>; readonly sources: SourcesOfKeys }
  | { readonly ok: false; readonly failures: readonly ConfigFailure[] }
> {
  const { slice } = source
  const recorded = recordedEnvironment(source.environment)
  let input: unknown
  try {
    input = await source.read(recorded.environment)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, failures: [{ key: slice.name, message, source: source.source, variable: undefined }] }
  }
  const parsed = await slice.schema.safeParseAsync(input)
  if (parsed.success) {
    const value = parsed.data as Record<string, unknown>
    const sourceOf = (name: string): string => {
      const given = valueAt(input, [name])
      if (given === undefined) return 'default'
      const variable = recorded.variableOf(given, [name])
      if (variable === undefined) return source.source
      const text = source.environment[variable]
      if (text === undefined) return 'default'
      // Other text under that name is not what the variable said; a number or a list may be made of it.
      return typeof given === 'string' && given !== text ? source.source : `${variable} in ${source.source}`
    }
    return { ok: true, value, sources: Object.fromEntries(Object.keys(value).map((name) => [name, sourceOf(name)])) }
  }
  const failures = parsed.error.issues.map((issue): ConfigFailure => {
    const value = valueAt(input, issue.path)
    const variable = recorded.variableOf(value, issue.path)
    const shown = slice.kind === 'secret' ? undefined : shownWrongValue(value)
    return {
      key: [slice.name, ...issue.path.map(String)].join('.'),
      message: shown === undefined ? issue.message : `${issue.message}, got ${shown}`,
      source: source.source,
      variable,
    }
  })
  return { ok: false, failures }
}

/** Every key that the slice may have, absent optional ones too. */
function keysOf(schema: z.ZodType, value: object): readonly string[] {
  const shape = (schema as Partial<z.ZodObject>).shape ?? {}
  return [...new Set([...Object.keys(shape), ...Object.keys(value)])]
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  )
}

function sliceClass(slice: ConfigSlice): unknown {
  abstract class Slice {
    static readonly [configSlice] = slice

    constructor() {
      throw new DefinitionError(`${slice.name} is a slice of the configuration: inject it`)
    }
  }
  return Slice
}
