/** Errors of channels. */
import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** A subscriber read too slowly: its queue was full. Ends its loop. */
export class ChannelOverflowError extends CoreError {
  static {
    nameError(this, 'ChannelOverflowError')
  }

  readonly code = 'CORE_CHANNEL_OVERFLOW'

  constructor(topic: string, size: number) {
    super(`A subscriber of ${topic} has ${size} unread messages: no more are kept`, {
      hint: "Read faster, raise `queue`, or choose overflow: 'drop-oldest' if the latest messages are enough.",
    })
  }
}

/** A message that fails the schema of its channel: nobody got it. */
export class ChannelMessageError extends CoreError {
  static {
    nameError(this, 'ChannelMessageError')
  }

  readonly code = 'CORE_CHANNEL_MESSAGE'

  constructor(channel: string, failures: readonly string[]) {
    super(`A message of channel ${channel} is wrong: ${failures.join('; ')}`, {
      hint: 'Publish what the schema of `createChannels({ schema })` asks for.',
    })
  }
}

/** A channel's key that is neither text nor something that points at a stored entity. */
export class ChannelKeyError extends CoreError {
  static {
    nameError(this, 'ChannelKeyError')
  }

  readonly code = 'CORE_CHANNEL_KEY'

  constructor(channel: string, why: string) {
    super(`Channel ${channel}: ${why}`, { hint: 'A key is text, a reference, or a stored entity.' })
  }
}

/** A value that cannot leave this process: a lock, a stored entity, a function. */
export class ProcessableEncodeError extends CoreError {
  static {
    nameError(this, 'ProcessableEncodeError')
  }

  readonly code = 'CORE_ENCODE'
  /** Where in the value: `message.order`. */
  readonly path: string

  constructor(path: string, what: string, hint: string) {
    super(`${path}: ${what}`, { hint })
    this.path = path
  }
}

/** A message arrived that this app cannot read: from another version of it, or of a model it does not have. */
export class MessageDecodeError extends CoreError {
  static {
    nameError(this, 'MessageDecodeError')
  }

  readonly code = 'CORE_MESSAGE_DECODE'
}
