/** Errors of the app's life. */
import { CoreError } from '../errors.ts'

/** A start hook failed; what had started was stopped again. */
export class StartFailedError extends CoreError {
  readonly code = 'CORE_START_FAILED'

  constructor(component: string, app: string, cause: unknown) {
    super(
      `The app "${app}" did not start: ${component} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}
