/** Everything an app can keep in memory besides its repositories, in one: locks, channels and processes. */
import { configurable, createFeatureBuilder } from '@justscale/core'
import { InMemoryChannelFeature } from './channel-feature.ts'
import { InMemoryLockFeature } from './lock-feature.ts'
import { InMemoryProcessFeature, type InMemoryProcessOptions } from './process-feature.ts'

/** `InMemoryLockFeature`, `InMemoryChannelFeature` and `InMemoryProcessFeature`; options are the latter's. */
export const MemoryFeature = configurable((options: InMemoryProcessOptions) =>
  createFeatureBuilder()
    .name('MemoryFeature')
    .provides((app) => app.add(InMemoryLockFeature).add(InMemoryChannelFeature).add(InMemoryProcessFeature(options))),
)
