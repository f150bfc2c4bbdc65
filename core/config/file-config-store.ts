/**
 * Changes in a JSON file, `{ "slice": { "name": value } }`, shared by the processes of one machine. It may be edited by hand
 * while they run. A reader, or a crash in the middle, sees the old file or the new one, never half of one.
 */
import { watch as watchFolder } from 'node:fs'
import { mkdir, readFile, rename } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { bindInstance } from '../container/bind.ts'
import { ConfigStore, type ConfigChanges, type StoredConfig } from './config-store.ts'
import { ConfigurationError } from './errors.ts'
import { withFileLock } from './file-lock.ts'

/** Keeps the changes that `ConfigService` makes in the file at `path`. */
export function configFile(path = '.justscale/config.json') {
  return bindInstance(ConfigStore, new FileConfigStore(path))
}

class FileConfigStore extends ConfigStore {
  readonly place: string
  readonly #path: string

  constructor(path: string) {
    super()
    this.place = path
    this.#path = resolve(path)
  }

  async read(): Promise<StoredConfig> {
    // Not Bun.file: between `exists` and `text` it keeps the size of a file that was replaced.
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}'
      throw error
    })
    return { changes: parse(text, this.place), version: Bun.hash(text).toString(16) }
  }

  async write(changes: ConfigChanges, version: string): Promise<boolean> {
    await mkdir(dirname(this.#path), { recursive: true })
    return withFileLock(`${this.#path}.lock`, async () => {
      if ((await this.read()).version !== version) return false
      const next = `${this.#path}.${process.pid}.next`
      await Bun.write(next, `${JSON.stringify(changes, null, 2)}\n`, { mode: 0o600 })
      await rename(next, this.#path)
      return true
    })
  }

  async watch(onChange: () => void): Promise<{ close(): Promise<void> }> {
    await mkdir(dirname(this.#path), { recursive: true })
    // The file is replaced, so its folder is what stays the same.
    const watcher = watchFolder(dirname(this.#path), (_event, name) => {
      if (name === null || name === basename(this.#path)) onChange()
    })
    return { close: async () => watcher.close() }
  }
}

function parse(text: string, place: string): ConfigChanges {
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value) && Object.values(value).every(isRecord)) return value as ConfigChanges
    throw new TypeError('it must be {"slice": {"name": value}}')
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError(place, [{ key: '*', message, source: place, variable: undefined }])
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
