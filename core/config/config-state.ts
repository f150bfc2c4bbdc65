/** What `ConfigService` does: the slices of one app, the changes laid over them, and who waits for the next one. */
import type { z } from 'zod'
import type { Logger } from '../log/logger.ts'
import type { ConfigControl, ConfigEntry } from './config-control.ts'
import type { ConfigChanges, ConfigStore } from './config-store.ts'
import { configSlice, type ConfigSlice, type ConfigToken } from './define-config.ts'
import { ConfigurationError, type ConfigFailure } from './errors.ts'
import { frozenValues, type LiveSlice } from './live-value.ts'

type Values = Readonly<Record<string, unknown>>

/** A slice of the app. */
export interface StateSlice {
  readonly slice: ConfigSlice
  readonly live: LiveSlice
  /** The provider's values, without any change. */
  readonly base: Values
}

export class ConfigState implements ConfigControl {
  readonly #slices: readonly StateSlice[]
  readonly #store: ConfigStore
  readonly #logger: Logger
  readonly #waiting = new Map<LiveSlice, Set<() => void>>()
  #changes: ConfigChanges = {}
  /** Reads and writes of this node, one after the other: an older state never replaces a newer one. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(slices: readonly StateSlice[], store: ConfigStore, logger: Logger) {
    this.#slices = slices
    this.#store = store
    this.#logger = logger
  }

  /** Lays what is kept over the slices. Rejects with `ConfigurationError` naming everything that does not fit. */
  async load(): Promise<void> {
    const { changes } = await this.#store.read()
    const failures = await this.#adopt(changes)
    if (failures.length > 0) throw new ConfigurationError(this.#store.place, failures)
  }

  /** After another node's change. What does not fit this node's schemas is logged, and the old value stays. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        const { changes } = await this.#store.read()
        for (const failure of await this.#adopt(changes))
          this.#logger.error('a change of the configuration does not fit this node', { ...failure })
      } catch (error) {
        this.#logger.error('changes of the configuration could not be read', { error })
      }
    })
  }

  /** Resolves when nothing is being read or written. */
  async idle(): Promise<void> {
    await this.#turn
  }

  set<Schema extends z.ZodObject>(token: ConfigToken<Schema>, patch: Partial<z.input<Schema>>): Promise<void> {
    // What is checked is what comes back from the store, here and at the next start.
    const values = JSON.parse(JSON.stringify(patch)) as Values
    return this.#change(token, (before) => ({ ...before, ...values }))
  }

  reset<Schema extends z.ZodObject>(token: ConfigToken<Schema>, ...names: readonly string[]): Promise<void> {
    return this.#change(token, (before) =>
      Object.fromEntries(Object.entries(before).filter(([name]) => names.length > 0 && !names.includes(name))),
    )
  }

  async entries(): Promise<readonly ConfigEntry[]> {
    return this.#slices.flatMap(({ slice, live }) =>
      Object.entries(live.value).map(([name, value]) => ({
        key: `${slice.name}.${name}`,
        value: slice.kind === 'secret' ? '[secret]' : value,
        source: Object.hasOwn(this.#changes[slice.name] ?? {}, name)
          ? this.#store.place
          : (live.sources[name] ?? 'default'),
      })),
    )
  }

  async *watch<Schema extends z.ZodObject>(
    token: ConfigToken<Schema>,
    signal: AbortSignal,
  ): AsyncIterableIterator<Readonly<z.output<Schema>>> {
    const { live } = this.#sliceOf(token)
    const waiting = this.#waiting.get(live) ?? new Set()
    this.#waiting.set(live, waiting)
    let changed = Promise.withResolvers<void>()
    const wake = () => changed.resolve()
    waiting.add(wake)
    signal.addEventListener('abort', wake, { once: true })
    try {
      while (!signal.aborted) {
        await changed.promise
        changed = Promise.withResolvers()
        if (!signal.aborted) yield live.value as never
      }
    } finally {
      waiting.delete(wake)
      signal.removeEventListener('abort', wake)
    }
  }

  /** Tries again when another node was faster: its change is kept. */
  async #change(token: ConfigToken<z.ZodObject>, next: (before: Values) => Values): Promise<void> {
    const own = this.#sliceOf(token)
    const { name } = own.slice
    await this.#inTurn(async () => {
      for (;;) {
        const { changes, version } = await this.#store.read()
        const values = next(changes[name] ?? {})
        const unknown = Object.keys(values).filter((each) => !Object.hasOwn(own.live.view, each))
        const failures = unknown.map((each) => this.#failure(name, [each], 'is not part of the slice'))
        failures.push(...(await this.#checked(own, values)).failures)
        if (failures.length > 0) throw new ConfigurationError(name, failures)
        const { [name]: _, ...rest } = changes
        const all = Object.keys(values).length > 0 ? { ...rest, [name]: values } : rest
        if (!(await this.#store.write(all, version))) continue
        await this.#adopt(all)
        return
      }
    })
  }

  /** Makes `changes` the ones in force; gives what does not fit. */
  async #adopt(changes: ConfigChanges): Promise<readonly ConfigFailure[]> {
    const failures: ConfigFailure[] = []
    for (const own of this.#slices) {
      if (own.slice.kind === 'secret') continue
      const checked = await this.#checked(own, changes[own.slice.name] ?? {})
      failures.push(...checked.failures)
      if (checked.value === undefined || Bun.deepEquals(checked.value, own.live.value)) continue
      const keys = Object.keys(checked.value).filter(
        (name) => !Bun.deepEquals(checked.value?.[name], own.live.value[name]),
      )
      own.live.value = frozenValues(checked.value)
      this.#logger.info('the configuration changed', { keys: keys.map((name) => `${own.slice.name}.${name}`) })
      for (const wake of this.#waiting.get(own.live) ?? []) wake()
    }
    this.#changes = changes
    return failures
  }

  async #checked(
    own: StateSlice,
    values: Values,
  ): Promise<{ readonly value?: Values; readonly failures: readonly ConfigFailure[] }> {
    if (Object.keys(values).length === 0) return { value: own.base, failures: [] }
    const parsed = await own.slice.schema.safeParseAsync({ ...own.base, ...values })
    if (parsed.success) return { value: parsed.data as Values, failures: [] }
    const failures = parsed.error.issues.map(({ path, message }) => this.#failure(own.slice.name, path, message))
    return { failures }
  }

  #failure(slice: string, path: readonly PropertyKey[], message: string): ConfigFailure {
    return { key: [slice, ...path.map(String)].join('.'), message, source: this.#store.place, variable: undefined }
  }

  #sliceOf(token: ConfigToken<z.ZodObject>): StateSlice {
    const wanted = token[configSlice]
    const own = this.#slices.find((each) => each.slice === wanted)
    if (own === undefined) throw new TypeError(`The app has no slice ${wanted.name}: add provideConfig(...) for it`)
    if (own.slice.kind === 'secret') throw new TypeError(`The slice ${wanted.name} is secret and cannot be set here`)
    return own
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }
}
