/** Everything an app can keep in memory besides its repositories, in one: locks, channels and processes. */
import { createFeatureBuilder } from '@justscale/core'
import { InMemoryChannelFeature } from './channel-feature.ts'
import { InMemoryLockFeature } from './lock-feature.ts'
import { InMemoryProcessFeature } from './process-feature.ts'

/** `InMemoryLockFeature`, `InMemoryChannelFeature` and `InMemoryProcessFeature`. */
export class MemoryFeature extends createFeatureBuilder()
  .name('MemoryFeature')
  .provides((app) => app.add(InMemoryLockFeature).add(InMemoryChannelFeature).add(InMemoryProcessFeature)) {}
