/** Errors of conditions. */
import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** A condition compares a field with a value that the field can never have. */
export class ConditionValueError extends CoreError {
  static {
    nameError(this, 'ConditionValueError')
  }

  readonly code = 'CORE_CONDITION_VALUE'
}
