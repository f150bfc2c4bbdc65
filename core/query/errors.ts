/** Errors of conditions. */
import { CoreError } from '../errors.ts'

/** A condition compares a field with a value that the field can never have. */
export class ConditionValueError extends CoreError {
  readonly code = 'CORE_CONDITION_VALUE'
}
