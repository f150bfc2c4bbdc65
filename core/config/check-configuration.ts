/** Reads every slice of an app and reports all failures at once, before anything else is made. */
import type { AbstractContainer } from '../container/abstract-container.ts'
import { loadConfig, type ConfigSource } from './define-config.ts'
import { ConfigurationError } from './errors.ts'

/** Rejects with `ConfigurationError`. */
export async function checkConfiguration(name: string, container: AbstractContainer): Promise<void> {
  const sources = container.components('config').map((entry) => entry.detail as ConfigSource)
  const loaded = await Promise.all(sources.map(loadConfig))
  const failures = loaded.flatMap((result) => (result.ok ? [] : result.failures))
  if (failures.length > 0) throw new ConfigurationError(name, failures)
}
