/**
 * `ConfigService`: looks at and changes the configuration while the app runs. Changes are checked by the slice's schema,
 * kept in a file (`.justscale/config.json` unless `configFile` says otherwise) and laid over the provider's values at the
 * next start. They reach this process only; other nodes read the file when they start.
 */
import { mkdir, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { z } from 'zod'
import { AbstractContainer } from '../container/abstract-container.ts'
import type { AnyToken } from '../container/token.ts'
import { bindInstance } from '../container/bind.ts'
import { defineService } from '../service/define-service.ts'
import { defineToken } from '../service/define-token.ts'
import { configSlice, type ConfigSource, type ConfigToken } from './define-config.ts'
import { ConfigurationError } from './errors.ts'
import { liveSlice, type LiveSlice } from './live-value.ts'

/** Where changes are kept. */
export abstract class ConfigFile extends defineToken('ConfigFile') {
  abstract readonly path: string
}

/** Keeps changes at `path`. */
export function configFile(path: string) {
  return bindInstance(ConfigFile, { path })
}

/** One key of the configuration, for listings. */
export interface ConfigEntry {
  /** `server.port`. */
  readonly key: string
  /** `[secret]` for secrets. */
  readonly value: unknown
  /** Where it came from: the provider's source, or the file of changes. */
  readonly source: string
}

export interface ConfigControl {
  /** Changes some values of a slice. Rejects with `ConfigurationError`, changing nothing. Secrets cannot be set. */
  set<Schema extends z.ZodObject>(token: ConfigToken<Schema>, patch: Partial<z.input<Schema>>): Promise<void>
  /** Every key with its value and source. */
  entries(): Promise<readonly ConfigEntry[]>
  /** The slice's value after each change, until `signal` is aborted. */
  watch<Schema extends z.ZodObject>(
    token: ConfigToken<Schema>,
    signal: AbortSignal,
  ): AsyncIterableIterator<Readonly<z.output<Schema>>>
}

type Changes = Record<string, Record<string, unknown>>

export class ConfigService extends defineService({
  name: 'ConfigService',
  inject: { container: AbstractContainer, file: ConfigFile },
  factory: async ({ container, file }): Promise<ConfigControl> => {
    const changes = (await Bun.file(file.path).exists()) ? ((await Bun.file(file.path).json()) as Changes) : {}
    const listeners = new Map<LiveSlice, Set<() => void>>()
    let writing: Promise<unknown> = Promise.resolve()

    const sources = container.components('config').map((entry) => entry.detail as ConfigSource)
    const live = async (token: unknown) =>
      liveSlice((await container.resolve(token as AnyToken)) as object) as LiveSlice
    const apply = async (source: ConfigSource, patch: Record<string, unknown>) => {
      const slice = await live(source.token)
      const parsed = await source.slice.schema.safeParseAsync({ ...slice.value, ...patch })
      if (parsed.success) return { slice, value: Object.freeze(parsed.data) as LiveSlice['value'] }
      const failures = parsed.error.issues.map((issue) => ({
        key: [source.slice.name, ...issue.path.map(String)].join('.'),
        message: issue.message,
        source: file.path,
        variable: undefined,
      }))
      throw new ConfigurationError(source.slice.name, failures)
    }

    for (const source of sources) {
      const patch = changes[source.slice.name]
      if (patch === undefined || source.slice.kind === 'secret') continue
      const { slice, value } = await apply(source, patch)
      slice.value = value
    }

    return {
      async set(token, patch) {
        const source = sources.find((each) => each.slice === token[configSlice])
        if (source === undefined || source.slice.kind === 'secret') {
          throw new TypeError(`The slice ${token[configSlice].name} cannot be set here`)
        }
        const change = async () => {
          const { slice, value } = await apply(source, patch)
          const name = source.slice.name
          const next = { ...changes, [name]: { ...changes[name], ...patch } }
          await writeWhole(file.path, next)
          changes[name] = next[name] as Record<string, unknown>
          slice.value = value
          for (const wake of listeners.get(slice) ?? []) wake()
        }
        const done = writing.then(change)
        writing = done.catch(() => {})
        await done
      },

      async entries() {
        const lists = sources.map(async ({ slice, source, token }) => {
          const { value } = await live(token)
          return Object.entries(value).map(([name, current]) => ({
            key: `${slice.name}.${name}`,
            value: slice.kind === 'secret' ? '[secret]' : current,
            source: Object.hasOwn(changes[slice.name] ?? {}, name) ? file.path : source,
          }))
        })
        return (await Promise.all(lists)).flat()
      },

      async *watch(token, signal) {
        const slice = await live(token)
        const all = listeners.get(slice) ?? new Set()
        listeners.set(slice, all)
        let changed = Promise.withResolvers<void>()
        const wake = () => changed.resolve()
        all.add(wake)
        signal.addEventListener('abort', wake, { once: true })
        try {
          while (!signal.aborted) {
            await changed.promise
            changed = Promise.withResolvers()
            if (!signal.aborted) yield slice.value as never
          }
        } finally {
          all.delete(wake)
        }
      },
    }
  },
}) {}

/** A reader, or a crash in the middle, sees the old file or the new one, never half of one. */
async function writeWhole(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const next = `${path}.${process.pid}.next`
  await Bun.write(next, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  await rename(next, path)
}
