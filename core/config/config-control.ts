/** What `ConfigService` offers. */
import type { z } from 'zod'
import type { ConfigToken } from './define-config.ts'

/** One key of the configuration, for listings. */
export interface ConfigEntry {
  /** `server.port`. */
  readonly key: string
  /** `[secret]` for secrets. */
  readonly value: unknown
  /** Where it came from: a variable, the provider's source, `default`, or the store of changes. */
  readonly source: string
}

/** What injecting `ConfigService` gives. */
export interface ConfigControl {
  /**
   * Changes some values of a slice, here and on the other nodes. Rejects with `ConfigurationError`, changing nothing.
   * Secrets cannot be set.
   */
  set<Schema extends z.ZodObject>(token: ConfigToken<Schema>, patch: Partial<z.input<Schema>>): Promise<void>
  /** Takes changes back: the named values, or all of the slice, are the provider's again. */
  reset<Schema extends z.ZodObject>(
    token: ConfigToken<Schema>,
    ...names: readonly (keyof z.input<Schema> & string)[]
  ): Promise<void>
  /** Every key with its value and source. */
  entries(): Promise<readonly ConfigEntry[]>
  /** The slice's value after each change, of whatever node, until `signal` is aborted. Changes may be merged. */
  watch<Schema extends z.ZodObject>(
    token: ConfigToken<Schema>,
    signal: AbortSignal,
  ): AsyncIterableIterator<Readonly<z.output<Schema>>>
}
