/**
 * `ConfigService`: looks at and changes the configuration while the app runs. A change is checked by the slice's schema,
 * kept in the app's `ConfigStore` as one act, laid over the provider's values, and reaches every node that shares the store.
 */
import { Lifecycle } from '../app/lifecycle.ts'
import { AbstractContainer } from '../container/abstract-container.ts'
import type { AnyToken } from '../container/token.ts'
import { Logger } from '../log/logger.ts'
import { defineService } from '../service/define-service.ts'
import { ConfigState } from './config-state.ts'
import { ConfigStore } from './config-store.ts'
import type { ConfigControl } from './config-control.ts'
import type { ConfigSource } from './define-config.ts'
import { liveSlice } from './live-value.ts'

/** Changes the configuration while the app runs: inject it, and add a `ConfigStore`, which keeps the changes. */
export class ConfigService extends defineService({
  name: 'ConfigService',
  inject: { container: AbstractContainer, store: ConfigStore, lifecycle: Lifecycle, logger: Logger },
  factory: async ({ container, store, lifecycle, logger }): Promise<ConfigControl> => {
    const sources = container.components('config').map((entry) => entry.detail as ConfigSource)
    const slices = sources.map(async ({ slice, token }) => {
      const live = liveSlice((await container.resolve(token as AnyToken)) as object)
      if (live === undefined) throw new TypeError(`${slice.name} is no slice of the configuration`)
      return { slice, live, base: live.value }
    })
    const state = new ConfigState(await Promise.all(slices), store, logger)
    await state.load()
    let watching: { close(): Promise<void> } | undefined
    lifecycle.onStart(async () => {
      watching = await store.watch(() => void state.refresh())
      await state.refresh()
    })
    lifecycle.onStop(async () => {
      await watching?.close()
      await state.idle()
    })
    return state
  },
}) {}
