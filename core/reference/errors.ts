/** Errors of references. */
import { CoreError } from '../errors.ts'

/** The entity that a reference points at does not exist. */
export class ReferenceNotFoundError extends CoreError {
  readonly code = 'CORE_REFERENCE_NOT_FOUND'
  /** The reference as printed: `Order(0192...)`. */
  readonly reference: string

  constructor(reference: string) {
    super(`${reference} does not exist`, { hint: 'It may have been deleted. Use `repo.get(ref)`, which gives null instead.' })
    this.reference = reference
  }
}
