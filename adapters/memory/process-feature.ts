/** Durable processes in memory: they live as long as the OS process. For tests and for apps that may forget. */
import { configurable } from '@justscale/core'
import { processFeature, type ProcessFeatureOptions } from '@justscale/core/process'
import { MemoryStore } from '@justscale/engine/memory'

/** Of `InMemoryProcessFeature(...)`. */
export interface InMemoryProcessOptions extends Omit<ProcessFeatureOptions<unknown>, 'name' | 'inject' | 'open'> {
  /** Milliseconds that ended processes are kept (default 7 days); then their paths are free again. */
  readonly retention?: number
}

/**
 * Runs the app's processes and signals in memory. `InMemoryProcessFeature({ clock })` runs them in simulated time, with a
 * `TestClock` as clock.
 */
export const InMemoryProcessFeature = configurable(({ retention, ...engine }: InMemoryProcessOptions) =>
  processFeature({
    name: 'InMemoryProcessFeature',
    open: () =>
      new MemoryStore({
        ...(engine.clock && { clock: engine.clock }),
        ...(retention === undefined ? {} : { retention }),
      }),
    ...engine,
  }),
)
