/** Errors of the value codec. Both name the place inside the value; the runtime adds the source lines. */
import { EngineError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** A value that cannot be stored. Never a silent null. */
export class ValueEncodeError extends EngineError {
  static {
    nameError(this, 'ValueEncodeError')
  }

  readonly code = 'ENGINE_VALUE_UNSUPPORTED'
  /** The variable (or label) the value was reached from. */
  readonly root: string
  /** Where inside it: `[0].go`; empty for the value itself. */
  readonly path: string
  /** What was found there: `a function`, `an instance of Socket`. */
  readonly what: string

  constructor(
    root: string,
    path: string,
    what: string,
    hint: string,
    options: { place?: string; cause?: unknown } = {},
  ) {
    super(`\`${root}\` cannot be stored${options.place ?? ''}: ${what} at ${root}${path}`, { ...options, hint })
    this.root = root
    this.path = path
    this.what = what
  }
}

/** Stored bytes that cannot be read back: damaged, or of a class that is no longer registered. */
export class ValueDecodeError extends EngineError {
  static {
    nameError(this, 'ValueDecodeError')
  }

  readonly code = 'ENGINE_VALUE_UNREADABLE'
}

/** The values of one process together are larger than the engine stores. */
export class ValueTooLargeError extends EngineError {
  static {
    nameError(this, 'ValueTooLargeError')
  }

  readonly code = 'ENGINE_VALUE_TOO_LARGE'
}
