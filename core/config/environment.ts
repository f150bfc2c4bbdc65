/**
 * Environments: what differs between development, test and production, as a component. `env/production.ts` default-exports
 * `createEnvironment((app) => app.add(...))`; `defineApp` picks the file by name and hands it to the app.
 */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BuiltIn, AppBuilder } from '../app/builder-type.ts'
import { createFeatureBuilder, type FeatureToken } from '../feature/create-feature-builder.ts'
import { EnvironmentNotFoundError } from './errors.ts'

/** What every environment file of an app provides: the type that its `defineApp` callback asks for. */
export type EnvironmentOf<Provided> = FeatureToken<string, never, Provided, never>

/** The components of one environment. Give the app's contract as the return type to have each file checked against it. */
export function createEnvironment<Provided>(
  add: (builder: AppBuilder<BuiltIn>) => AppBuilder<Provided, never>,
): FeatureToken<'Environment', never, Exclude<Provided, BuiltIn>, never> {
  return createFeatureBuilder().name('Environment').provides(add) as unknown as FeatureToken<
    'Environment',
    never,
    Exclude<Provided, BuiltIn>,
    never
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

function environmentFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.slice(0, -3))
  } catch {
    return []
  }
}
