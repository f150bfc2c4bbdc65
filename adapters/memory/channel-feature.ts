/** Channels in memory: to the subscribers of the same app. */
import {
  bindService,
  ChannelBackend,
  createFeatureBuilder,
  defineService,
  type ChannelListening,
} from '@justscale/core'

class MemoryChannels extends defineService({ name: 'MemoryChannels', factory: () => new MemoryChannelBackend() }) {}

class MemoryChannelBackend {
  readonly #topics = new Map<string, Set<(payload: string) => void>>()

  async publish(topic: string, payload: string): Promise<void> {
    for (const deliver of [...(this.#topics.get(topic) ?? [])]) deliver(payload)
  }

  async subscribe(topic: string, onMessage: (payload: string) => void): Promise<ChannelListening> {
    const subscribers = this.#topics.get(topic) ?? new Set()
    this.#topics.set(topic, subscribers.add(onMessage))
    return {
      close: async () => {
        subscribers.delete(onMessage)
        if (subscribers.size === 0) this.#topics.delete(topic)
      },
    }
  }
}

/** Carries the app's channels. */
export class InMemoryChannelFeature extends createFeatureBuilder()
  .name('InMemoryChannelFeature')
  .provides((app) => app.add(bindService(ChannelBackend, MemoryChannels))) {}
