/** The subscribers of one channel on this node: one listening per key, shared by all who read it. */
import { runInApp, type AppContext } from '../app/context.ts'
import { currentCell } from '../cell/current-cell.ts'
import type { Logger } from '../log/logger.ts'
import type { ChannelBackend, ChannelListening } from './channel-backend.ts'
import type { ChannelOptions } from './create-channels.ts'
import { QueuedSubscription, type ChannelSubscription, type SubscribeOptions } from './subscription.ts'

interface HubOptions extends ChannelOptions {
  readonly backend: ChannelBackend
  readonly logger: Logger
  readonly app: AppContext
  readonly decode: (payload: string) => unknown
}

interface Key {
  readonly subscribers: Set<QueuedSubscription>
  readonly listening: Promise<ChannelListening>
}

export class ChannelHub {
  readonly #options: HubOptions
  readonly #keys = new Map<string, Key>()
  #closed = false

  constructor(options: HubOptions) {
    this.#options = options
  }

  topic(key: string): string {
    return `${this.#options.name}/${key}`
  }

  keys(): readonly string[] {
    return [...this.#keys.keys()]
  }

  /** Failures are logged: the work that published is already committed. */
  async publish(topic: string, payload: string): Promise<void> {
    try {
      await this.#options.backend.publish(topic, payload)
    } catch (error) {
      this.#options.logger.error('A message could not be published', { topic, error })
    }
  }

  subscribe(key: string, options: SubscribeOptions = {}): ChannelSubscription<unknown> {
    const signal = options.signal ?? currentCell()?.signal
    const entry = this.#keys.get(key) ?? this.#open(key)
    const { queue = 1_000, overflow = 'end' } = this.#options
    const ready = entry.listening.then(() => {})
    const subscription = new QueuedSubscription({
      topic: this.topic(key),
      size: queue,
      overflow,
      ready,
      onEnd: (ended) => this.#leave(key, ended),
    })
    entry.subscribers.add(subscription)
    ready.catch((error: unknown) => subscription.fail(error))
    if (this.#closed || signal?.aborted) subscription.end()
    else signal?.addEventListener('abort', () => subscription.end(), { once: true, signal: subscription.over })
    return subscription
  }

  async close(): Promise<void> {
    this.#closed = true
    const listenings = [...this.#keys.values()].map((entry) => entry.listening.catch(() => undefined))
    for (const entry of this.#keys.values()) for (const subscriber of [...entry.subscribers]) subscriber.end()
    await Promise.all(listenings)
  }

  #open(key: string): Key {
    const subscribers = new Set<QueuedSubscription>()
    const deliver = (payload: string) => this.#deliver(key, payload, subscribers)
    const gap = () => subscribers.forEach((subscriber) => subscriber.missed())
    const listening = runInApp(this.#options.app, () => this.#options.backend.subscribe(this.topic(key), deliver, gap))
    const entry: Key = { subscribers, listening }
    this.#keys.set(key, entry)
    this.#tell('onFirstSubscriber', key)
    return entry
  }

  #tell(hook: 'onFirstSubscriber' | 'onLastUnsubscribe', key: string): void {
    try {
      this.#options[hook]?.(key)
    } catch (error) {
      this.#options.logger.error(`${hook} failed`, { topic: this.topic(key), error })
    }
  }

  #deliver(key: string, payload: string, subscribers: ReadonlySet<QueuedSubscription>): void {
    try {
      for (const subscriber of [...subscribers])
        subscriber.push(runInApp(this.#options.app, () => this.#options.decode(payload)))
    } catch (error) {
      this.#options.logger.error('A message could not be read', { topic: this.topic(key), error })
    }
  }

  #leave(key: string, subscription: QueuedSubscription): void {
    const entry = this.#keys.get(key)
    if (entry === undefined || !entry.subscribers.delete(subscription) || entry.subscribers.size > 0) return
    this.#keys.delete(key)
    this.#tell('onLastUnsubscribe', key)
    entry.listening
      .then((listening) => listening.close())
      .catch((error: unknown) => {
        this.#options.logger.warn('A subscription could not be closed', { topic: this.topic(key), error })
      })
  }
}
