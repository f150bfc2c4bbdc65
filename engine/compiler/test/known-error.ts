/** An error class of an application, as programs of the differential tests import it. */
import { nameError } from '../../name-error.ts'

export class KnownError extends Error {
  static {
    nameError(this, 'KnownError')
  }

  get shown(): string {
    return `known ${this.message}`
  }
}
