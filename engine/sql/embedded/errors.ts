/** Errors of the embedded Postgres launcher. */
import { EngineError } from '../../errors.ts'
import { nameError } from '../../name-error.ts'

/** The embedded server could not be found, started or reached; the message says at which point, the hint what to do. */
export class EmbeddedPostgresError extends EngineError {
  static {
    nameError(this, 'EmbeddedPostgresError')
  }

  readonly code = 'ENGINE_EMBEDDED_POSTGRES'
}
