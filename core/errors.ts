/**
 * Errors of core: each with a stable code, a message naming the thing and the place, a hint, and a page under docs/errors.
 * Folders define their own classes on `CoreError`; the ones here are raised by several of them.
 */
import { nameError } from './name-error.ts'

/** Base of every error that core raises. */
export abstract class CoreError extends Error {
  static {
    nameError(this, 'CoreError')
  }

  /** Stable, also the name of the page under docs/errors. */
  abstract readonly code: string
  /** What to do about it. */
  declare readonly hint?: string

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    if (!Object.hasOwn(new.target.prototype, 'name')) this.name = new.target.name
    if (options.hint !== undefined) this.hint = options.hint
  }
}

/** A call that needs an app was made outside any. */
export class NotInAppError extends CoreError {
  static {
    nameError(this, 'NotInAppError')
  }

  readonly code = 'CORE_NOT_IN_APP'

  constructor(what: string) {
    super(`${what} was called outside any app`, {
      hint: 'Call it from code that the app runs (a request, a step, a command), or wrap it in `app.run(async () => ...)`.',
    })
  }
}

/** An entity or reference of one app was used in another. */
export class ForeignAppError extends CoreError {
  static {
    nameError(this, 'ForeignAppError')
  }

  readonly code = 'CORE_FOREIGN_APP'

  constructor(what: string, owner: string, current: string) {
    super(`${what} belongs to app "${owner}" and was used in app "${current}"`, {
      hint: 'Entities, references and repositories belong to one app. Carry the identifier across and make a new reference there.',
    })
  }
}

/** A definition that cannot work, refused where it is made: a bad field, a reserved name, a misuse of a builder. */
export class DefinitionError extends CoreError {
  static {
    nameError(this, 'DefinitionError')
  }

  readonly code = 'CORE_DEFINITION'
}
