/** Errors of the app's life. */
import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** A stop hook, or disposing of a service, took longer than stopping may; what comes after it was done all the same. */
export class StopTimeoutError extends CoreError {
  static {
    nameError(this, 'StopTimeoutError')
  }

  readonly code = 'CORE_STOP_TIMEOUT'
  /** Whose it is. */
  readonly component: string

  constructor(what: string, component: string, app: string, timeout: number) {
    super(`The app "${app}" did not stop within ${timeout} ms: ${what} of ${component} has not ended`, {
      hint: 'Let it end what it waits for, or give more time with `app.stop({ timeout })`, in milliseconds.',
    })
    this.component = component
  }
}

/** Something of an app was used after `app.stop()`. */
export class AppStoppedError extends CoreError {
  static {
    nameError(this, 'AppStoppedError')
  }

  readonly code = 'CORE_APP_STOPPED'

  /** `app`: its name, when known. */
  constructor(what: string, app?: string) {
    super(`${what} was used after ${app === undefined ? 'its app' : `the app "${app}"`} was stopped`, {
      hint: 'Await everything that uses the app before app.stop(), or start it again with app.start().',
    })
  }
}

/** A start hook failed; what had started was stopped again. */
export class StartFailedError extends CoreError {
  static {
    nameError(this, 'StartFailedError')
  }

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

/** Several stop hooks failed, or stopping and disposing did. What comes after each was done all the same. */
export class StopFailedError extends CoreError {
  static {
    nameError(this, 'StopFailedError')
  }

  readonly code = 'CORE_STOP_FAILED'
  /** What they threw, in order. */
  readonly errors: readonly unknown[]

  constructor(app: string, errors: readonly unknown[]) {
    const told = errors.map((error) => (error instanceof Error ? error.message : String(error))).join('; ')
    super(`${errors.length} stop hooks of "${app}" failed: ${told}`, { cause: new AggregateError(errors) })
    this.errors = errors
  }
}
