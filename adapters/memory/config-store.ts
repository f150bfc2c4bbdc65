/** Changes of the configuration in memory: for tests, and shared by apps that stand for several nodes. */
import { ConfigStore, type ConfigChanges, type StoredConfig } from '@justscale/core/config'

/** `.add(bindInstance(ConfigStore, new InMemoryConfigStore()))`. */
export class InMemoryConfigStore extends ConfigStore {
  readonly place = 'memory'
  #changes: ConfigChanges = {}
  #version = 0
  readonly #watchers = new Set<() => void>()

  async read(): Promise<StoredConfig> {
    return { changes: structuredClone(this.#changes), version: String(this.#version) }
  }

  async write(changes: ConfigChanges, version: string): Promise<boolean> {
    if (version !== String(this.#version)) return false
    this.#changes = structuredClone(changes)
    this.#version += 1
    for (const watcher of this.#watchers) watcher()
    return true
  }

  async watch(onChange: () => void): Promise<{ close(): Promise<void> }> {
    const own = () => onChange()
    this.#watchers.add(own)
    return { close: async () => void this.#watchers.delete(own) }
  }
}
