/** Errors of models and their instances. */
import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

export interface FieldFailure {
  /** `amount`, or `address.city`, or `tags.2`. */
  readonly path: string
  readonly message: string
}

/** Values that the fields cannot have; lists every one of them. */
export class FieldValidationError extends CoreError {
  static {
    nameError(this, 'FieldValidationError')
  }

  readonly code = 'CORE_FIELD_VALIDATION'
  readonly model: string
  readonly failures: readonly FieldFailure[]

  constructor(model: string, failures: readonly FieldFailure[]) {
    super(`${model}: ${failures.map((failure) => `${failure.path} ${failure.message}`).join('; ')}`)
    this.model = model
    this.failures = failures
  }
}

/** A method or service of a model was used where its app has not resolved it. */
export class ModelServiceError extends CoreError {
  static {
    nameError(this, 'ModelServiceError')
  }

  readonly code = 'CORE_MODEL_SERVICE'
}
