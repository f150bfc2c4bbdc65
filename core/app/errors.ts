/** Errors of the app's life. */
import { CoreError } from '../errors.ts'

/** A stop hook took longer than stopping may; the hooks after it were called all the same. */
export class StopTimeoutError extends CoreError {
  readonly code = 'CORE_STOP_TIMEOUT'
  /** Whose hook it is. */
  readonly component: string

  constructor(component: string, app: string, timeout: number) {
    super(`The app "${app}" did not stop within ${timeout} ms: a stop hook of ${component} has not ended`, {
      hint: 'Let the hook end what it waits for, or give more time with `app.stop({ timeout })`, in milliseconds.',
    })
    this.component = component
  }
}

/** A start hook failed; what had started was stopped again. */
export class StartFailedError extends CoreError {
  readonly code = 'CORE_START_FAILED'

  constructor(component: string, app: string, cause: unknown) {
    super(
      `The app "${app}" did not start: ${component} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        ...(cause instanceof Error && 'hint' in cause && typeof cause.hint === 'string' && { hint: cause.hint }),
      },
    )
  }
}
