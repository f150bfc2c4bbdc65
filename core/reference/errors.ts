/** Errors of references. */
import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** The entity that a reference points at does not exist. */
export class ReferenceNotFoundError extends CoreError {
  static {
    nameError(this, 'ReferenceNotFoundError')
  }

  readonly code = 'CORE_REFERENCE_NOT_FOUND'
  /** The reference as printed: `Order(0192...)`. */
  readonly reference: string

  constructor(reference: string) {
    super(`${reference} does not exist`, {
      hint: 'It may have been deleted. Use `repo.get(ref)`, which gives null instead.',
    })
    this.reference = reference
  }
}

/** The text given to `Model.ref` can be no key, whatever the storage. */
export class MalformedReferenceError extends CoreError {
  static {
    nameError(this, 'MalformedReferenceError')
  }

  readonly code = 'CORE_REFERENCE_MALFORMED'

  constructor(model: string, text: string) {
    super(`${JSON.stringify(text.slice(0, 40))} is not a reference to ${model}`, {
      hint: 'A reference is printable text without spaces, at most 255 characters, as `ref.identifier` gave it.',
    })
  }
}
