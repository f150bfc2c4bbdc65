/** The configuration of an app as it would start with, sub-apps included: what is there, and everything that is wrong. */
import type { Application } from '@justscale/core'
import {
  ConfigService,
  ConfigStore,
  loadConfig,
  type ConfigEntry,
  type ConfigFailure,
  type ConfigSource,
} from '@justscale/core/config'

export interface FoundConfig {
  readonly entries: readonly ConfigEntry[]
  readonly failures: readonly ConfigFailure[]
}

/** Reads every slice; of secrets only that they are there. */
export async function configEntries(app: Application<unknown>): Promise<FoundConfig> {
  const own = await ownEntries(app)
  const below = await Promise.all(app.container.apps().map((entry) => configEntries(entry.app)))
  return {
    entries: [own, ...below].flatMap((found) => found.entries),
    failures: [own, ...below].flatMap((found) => found.failures),
  }
}

async function ownEntries({ container }: Application<unknown>): Promise<FoundConfig> {
  const sources = container.components('config').map((entry) => entry.detail as ConfigSource)
  const read = await Promise.all(sources.map(async (source) => ({ source, result: await loadConfig(source) })))
  const failures = read.flatMap(({ result }) => (result.ok ? [] : result.failures))
  if (failures.length === 0 && container.has(ConfigService) && container.has(ConfigStore)) {
    return { entries: await (await container.resolve(ConfigService)).entries(), failures }
  }
  const entries = read.flatMap(({ source, result }) =>
    result.ok
      ? Object.entries(result.value).map(([name, value]) => entryOf(source, name, value, result.sources[name]))
      : [],
  )
  return { entries, failures }
}

function entryOf({ slice }: ConfigSource, name: string, value: unknown, source = 'default'): ConfigEntry {
  return { key: `${slice.name}.${name}`, value: slice.kind === 'secret' ? '[secret]' : value, source }
}
