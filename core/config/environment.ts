/**
 * Environments: what differs between development, test and production, as a component. `env/production.ts` default-exports
 * `createEnvironment((app) => app.add(...))`; `defineApp` picks the file by name and hands it to the app.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BuiltIn, AppBuilder } from '../app/builder-type.ts'
import type { Component, componentFacts, providesAtLeast } from '../container/component.ts'
import { createFeatureBuilder } from '../feature/create-feature-builder.ts'
import { EnvironmentNotFoundError } from './errors.ts'

export interface EnvironmentFacts<Late> {
  readonly name: 'Environment'
  readonly requires: never
  readonly late: Late
  readonly provides: unknown
  readonly binds: never
}

/**
 * What every environment file of an app provides at least, as the union of its tokens: `type AppEnv = EnvironmentOf<typeof
 * Mailer | typeof Limits>` is the parameter of the `defineApp` callback, and what a file is checked against:
 * `export default createEnvironment(...) satisfies AppEnv`.
 */
export interface EnvironmentOf<Provided> extends Component {
  readonly [componentFacts]: EnvironmentFacts<never>
  readonly [providesAtLeast]: (token: Provided) => void
}

/** An environment whose models or lazy edges may need more than it provides itself. */
export interface EnvironmentToken<Provided, Late> extends Component {
  readonly [componentFacts]: EnvironmentFacts<Exclude<Late, Provided>>
  readonly [providesAtLeast]: (token: Provided) => void
}

/** The components of one environment. */
export function createEnvironment<Provided, Late>(
  add: (builder: AppBuilder<BuiltIn>) => AppBuilder<Provided, Late>,
): EnvironmentToken<Exclude<Provided, BuiltIn>, Late> {
  return createFeatureBuilder().name('Environment').provides(add) as unknown as EnvironmentToken<
    Exclude<Provided, BuiltIn>,
    Late
  >
}

interface EnvironmentModule {
  readonly default?: unknown
}

/** Environments that are part of the program: their modules by name. */
export type BundledEnvironments = Readonly<Record<string, () => Promise<EnvironmentModule>>>

/** The default export of a bundled environment. Rejects with `EnvironmentNotFoundError`. */
export async function bundledEnvironment(environments: BundledEnvironments, name: string): Promise<unknown> {
  const load = Object.hasOwn(environments, name) ? environments[name] : undefined
  if (load === undefined)
    throw new EnvironmentNotFoundError(name, ['in this program'], Object.keys(environments).sort())
  return (await load()).default
}

/** The default export of `env/<name>.ts` in `folder` or the nearest folder above it, up to the package's own. */
export async function loadEnvironment(folder: string, name: string): Promise<unknown> {
  const looked: string[] = []
  const found = new Set<string>()
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, 'env', `${name}.ts`)
    if (await Bun.file(path).exists()) return ((await import(path)) as EnvironmentModule).default
    looked.push(path)
    for (const other of environmentFiles(join(at, 'env'))) found.add(other)
    if ((await Bun.file(join(at, 'package.json')).exists()) || dirname(at) === at) break
  }
  throw new EnvironmentNotFoundError(name, looked, [...found].sort())
}

/** The file that only declares the type of environments stands beside them. */
function hasDefault(source: string): boolean {
  return /export\s+(default|\{[^}]*\bdefault\b)/.test(source)
}

function environmentFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => /^[\w-]+\.ts$/.test(file) && hasDefault(readFileSync(join(folder, file), 'utf8')))
      .map((file) => file.slice(0, -3))
  } catch {
    return []
  }
}
