/** The app of an entry file, for commands that look at it: put together, not started, and without a database. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { AppDefinition, Application } from '@justscale/core'
import { EnvironmentNotFoundError } from '@justscale/core/config'
import type { ArgsDef } from 'citty'
import { MisuseError } from '../program/misuse-error.ts'
import { loadPreloads } from './preloads.ts'

/** Where an app that is only looked at would find its database: nowhere. */
const NO_DATABASE = 'postgres://just.invalid/none'

/** Arguments of every command that looks at an app. */
export const appArguments = {
  entry: { type: 'positional', description: 'File with the app', default: 'main.ts', required: false },
  env: { type: 'string', description: 'Environment to load (default: JUSTSCALE_ENV, else development)' },
  json: { type: 'boolean', description: 'JSON instead of text', default: false },
} satisfies ArgsDef

/** The definition that an entry file exports. Rejects with `MisuseError` when there is none. */
export async function loadDefinition(entry: string): Promise<AppDefinition<unknown>> {
  const path = entryPath(entry)
  await loadPreloads()
  const loaded: unknown = await import(path)
  const found = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined
  if (typeof found === 'object' && found !== null && 'create' in found) return found as AppDefinition<unknown>
  throw notAnApp(entry)
}

/** Throws `MisuseError` when there is no such file. */
export function entryPath(entry: string): string {
  const path = resolve(entry)
  if (existsSync(path)) return path
  throw new MisuseError(`There is no ${entry}`, 'Name the file that exports the app: path/to/main.ts')
}

export function notAnApp(entry: string): MisuseError {
  return new MisuseError(
    `${entry} does not export an app`,
    'It should end in: export default defineApp(import.meta, () => JustScale()...)',
  )
}

/** The app with nothing made yet. */
export async function loadApp(entry: string, environment: string | undefined): Promise<Application<unknown>> {
  // Log lines of the app would be between the lines of the result.
  process.env['LOG_LEVEL'] ??= 'warning'
  if (environment !== undefined) process.env['JUSTSCALE_ENV'] = environment
  const definition = await loadDefinition(entry)
  try {
    return await definition.create(environment)
  } catch (error) {
    if (environment === undefined || !(error instanceof EnvironmentNotFoundError)) throw error
    throw new MisuseError(`There is no environment "${environment}"`, error.hint)
  }
}

/** The app with all its components, none of them started. */
export async function prepareApp(entry: string, environment: string | undefined): Promise<Application<unknown>> {
  process.env['DATABASE_URL'] ??= NO_DATABASE
  const app = await loadApp(entry, environment)
  await app.prepare()
  return app
}
