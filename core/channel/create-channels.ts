/**
 * Channels: typed messages by key, to every subscriber on every node. `class RoomChannel extends createChannels<Chat>({ name:
 * 'room' }) {}` is a service; a `ChannelBackend` (memory, Postgres) carries the messages. Who is not subscribed misses them.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { Lifecycle } from '../app/lifecycle.ts'
import { requireApp } from '../app/context.ts'
import { afterCommit } from '../cell/after-commit.ts'
import { modelName } from '../model/model-metadata.ts'
import { referenceFrom } from '../model/reference-from.ts'
import { entityState } from '../model/entity-state.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import { Logger } from '../log/logger.ts'
import { Reference } from '../reference/reference.ts'
import { defineService } from '../service/define-service.ts'
import { ChannelBackend } from './channel-backend.ts'
import { ChannelHub } from './channel-hub.ts'
import { ChannelKeyError, ChannelMessageError } from './errors.ts'
import { decodeMessage, encodeMessage } from './message-codec.ts'
import { modelByName } from './model-by-name.ts'
import type { ChannelSubscription, SubscribeOptions } from './subscription.ts'

/** What a channel is about: a text, or whatever points at an entity. */
export type ChannelKey = string | object

/** Messages to whoever is subscribed to a key now, on every node. Nothing is kept: who is not subscribed misses it. */
export interface Channels<Message> {
  /**
   * Sends to everyone subscribed to `key`, once the current unit of work is committed, never if it rolls back. Throws
   * `ProcessableEncodeError` for what cannot leave the process and `ChannelMessageError` for what fails the schema.
   */
  publish(key: ChannelKey, message: Message): void
  /** The messages from now on. Ends with its loop, `using`, its `signal`, or the app. */
  subscribe(key: ChannelKey, options?: SubscribeOptions): ChannelSubscription<Message>
  /** True when somebody on this node is subscribed. */
  hasSubscribers(key: ChannelKey): boolean
  /** The keys that somebody on this node is subscribed to. */
  activeKeys(): readonly string[]
}

/** Of `createChannels(...)`. */
export interface ChannelOptions {
  /** Part of the topic; two channels of one name are one channel. */
  readonly name: string
  /** Most unread messages of one subscriber (default 1,000). */
  readonly queue?: number
  /** What happens to a message that finds the queue full: ends the subscription (default), or drops one. */
  readonly overflow?: 'end' | 'drop-oldest' | 'drop-newest'
  /** Checks every message when it is published. */
  readonly schema?: StandardSchemaV1
  /** Called with the key when the first subscriber of this node comes and the last one goes. A failure is logged. */
  readonly onFirstSubscriber?: (key: string) => void
  readonly onLastUnsubscribe?: (key: string) => void
}

/** The class for a channel to extend. */
export function createChannels<Message>(options: ChannelOptions) {
  return defineService({
    inject: { backend: ChannelBackend, lifecycle: Lifecycle, logger: Logger },
    factory: ({ backend, lifecycle, logger }): Channels<Message> => {
      const app = requireApp(`channel ${options.name}`)
      const modelOf = (name: string) => modelByName(app.container, name)
      const hub = new ChannelHub({ ...options, backend, logger, app, decode: (text) => decodeMessage(text, modelOf) })
      lifecycle.onStop(() => hub.close())
      return {
        publish(key, message) {
          const payload = encodeMessage(checked(options, message))
          const topic = hub.topic(keyText(options.name, key))
          afterCommit(() => hub.publish(topic, payload))
        },
        subscribe: (key, subscribeOptions) =>
          hub.subscribe(keyText(options.name, key), subscribeOptions) as ChannelSubscription<Message>,
        hasSubscribers: (key) => hub.keys().includes(keyText(options.name, key)),
        activeKeys: () => hub.keys(),
      }
    },
  })
}

function checked(options: ChannelOptions, message: unknown): unknown {
  const result = options.schema?.['~standard'].validate(message) ?? { value: message }
  if (result instanceof Promise) throw new ChannelMessageError(options.name, ['its schema must validate synchronously'])
  if (result.issues === undefined) return result.value
  const failures = result.issues.map(
    ({ path = [], message: what }) =>
      `${path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.') || 'message'}: ${what}`,
  )
  throw new ChannelMessageError(options.name, failures)
}

function keyText(channel: string, key: ChannelKey): string {
  if (typeof key === 'string') return key
  const model: AnyModelClass | undefined = key instanceof Reference ? key.model : entityState(key)?.model
  const reference = model && referenceFrom(model, key)
  if (reference === undefined) throw new ChannelKeyError(channel, `a key cannot be ${typeof key}`)
  if (typeof reference === 'string') throw new ChannelKeyError(channel, `the key ${reference}`)
  return `${modelName(reference.model)}:${reference.identifier}`
}
