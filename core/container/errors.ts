/** Errors of the container. */
import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** One thing wrong with an app: what, and what to do. */
export interface GraphFault {
  readonly kind: 'missing' | 'duplicate' | 'cycle' | 'captive' | 'storage'
  readonly description: string
  readonly action: string
}

/** The app cannot be built; lists everything that is wrong with it. */
export class AppGraphError extends CoreError {
  static {
    nameError(this, 'AppGraphError')
  }

  readonly code = 'CORE_APP_GRAPH'
  readonly faults: readonly GraphFault[]

  constructor(app: string, faults: readonly GraphFault[]) {
    const lines = faults.map((fault) => `\n\nDescription: ${fault.description}\nAction: ${fault.action}`)
    super(`The app "${app}" cannot be built.${lines.join('')}`)
    this.faults = faults
  }
}

/** A token was asked for that nothing in this scope provides. */
export class UnprovidedTokenError extends CoreError {
  static {
    nameError(this, 'UnprovidedTokenError')
  }

  readonly code = 'CORE_UNPROVIDED_TOKEN'

  constructor(token: string, scope: string) {
    super(`Nothing in the app "${scope}" provides ${token}`, {
      hint: `Add what provides it: .add(${token}), or .add(bindService(${token}, Implementation)).`,
    })
  }
}

/** A lazy dependency was used while the app was still being put together. */
export class LazyTooEarlyError extends CoreError {
  static {
    nameError(this, 'LazyTooEarlyError')
  }

  readonly code = 'CORE_LAZY_TOO_EARLY'

  constructor(token: string) {
    super(`${token} was injected with lazy(...) and used before it was made`, {
      hint: 'Use it in methods, not in the factory.',
    })
  }
}

/** What makes a component threw an error without a code of its own. */
export class FactoryFailedError extends CoreError {
  static {
    nameError(this, 'FactoryFailedError')
  }

  readonly code = 'CORE_FACTORY_FAILED'
  /** The component, and before it who needs it, from the outermost. */
  readonly path: readonly string[]

  constructor(path: readonly string[], cause: unknown) {
    const [component = '', ...needing] = path.toReversed()
    const reason = cause instanceof Error ? cause.message : String(cause)
    const by = needing.length === 0 ? '' : ` (needed by ${needing.join(', which is needed by ')})`
    super(`${component} could not be made: ${reason}${by}`, {
      cause,
      hint: `Look at the factory of ${component}; the error that it threw is the cause of this one.`,
    })
    this.path = path
  }

  /** `error` itself when it says by a code and a hint what to do. */
  static from(path: readonly string[], error: unknown): unknown {
    const tells = error instanceof Error && 'code' in error && ('hint' in error || typeof error.code === 'number')
    return tells ? error : new FactoryFailedError(path, error)
  }
}

/** A request-scoped service was asked for outside any request, message, command or step. */
export class RequestScopeError extends CoreError {
  static {
    nameError(this, 'RequestScopeError')
  }

  readonly code = 'CORE_REQUEST_SCOPE'

  constructor(token: string) {
    super(`${token} is request-scoped and was asked for outside any cell`, {
      hint: 'Ask for it inside a request, a step or app.run(...).',
    })
  }
}

/** A factory asked, through `resolve`, for something that is itself waiting for that factory. */
export class CircularResolveError extends CoreError {
  static {
    nameError(this, 'CircularResolveError')
  }

  readonly code = 'CORE_CIRCULAR_RESOLVE'

  constructor(chain: readonly string[]) {
    super(`These wait for one another: ${chain.join(' -> ')}`, { hint: 'Inject one of them with lazy(() => ...).' })
  }
}
