/**
 * Errors of the HTTP room. `HttpError` is an answer that is thrown: it becomes a problem document with its status. The
 * others stop an app at start, or name a mistake of the app's own code, which clients see as 500 with a request id only.
 */
import { CoreError, nameError } from '@justscale/core'

/** One thing wrong with what a client sent. */
export interface Violation {
  /** `path`, `query`, `body`, `headers`, `cookies`. */
  readonly in: string
  /** `items.2.amount`; empty for the whole. */
  readonly path: string
  readonly message: string
}

export interface HttpErrorOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly violations?: readonly Violation[]
  readonly cause?: unknown
}

/** An answer other than success: `throw new HttpError(409, 'It is paid already')`. The message is shown to the client. */
export class HttpError extends CoreError {
  static {
    nameError(this, 'HttpError')
  }

  readonly code = 'HTTP_ERROR'
  /** 400 to 599. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly violations: readonly Violation[]

  constructor(status: number, message: string, options: HttpErrorOptions = {}) {
    if (!Number.isInteger(status) || status < 400 || status > 599)
      throw new RangeError(`HttpError(${status}): errors have a status from 400 to 599`)
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.status = status
    this.headers = options.headers ?? {}
    this.violations = options.violations ?? []
  }
}

/** Two routes of one app answer the same method and path. */
export class RouteConflictError extends CoreError {
  static {
    nameError(this, 'RouteConflictError')
  }

  readonly code = 'HTTP_ROUTE_CONFLICT'

  constructor(route: string, first: string, second: string) {
    super(`${route} is declared twice: by ${first} and by ${second}`, {
      hint: 'Give one of them another path, or a prefix: createController(prefix, ...), httpPrefixed(prefix, app).',
    })
  }
}

/** A route that cannot work: a parameter without a name, a reserved one, a path without a slash. */
export class RouteDefinitionError extends CoreError {
  static {
    nameError(this, 'RouteDefinitionError')
  }

  readonly code = 'HTTP_ROUTE_DEFINITION'
}

/** What a handler gave back does not fit what its route declares. */
export class ResponseContractError extends CoreError {
  static {
    nameError(this, 'ResponseContractError')
  }

  readonly code = 'HTTP_RESPONSE_CONTRACT'

  constructor(route: string, status: number, problem: string) {
    super(`${route} answered ${status} with what it does not declare: ${problem}`, {
      hint: 'Declare it with .returns(status, schema), or answer what is declared.',
    })
  }
}

/** A socket was to be closed with a code that the protocol does not let a server send. */
export class CloseCodeError extends CoreError {
  static {
    nameError(this, 'CloseCodeError')
  }

  readonly code = 'HTTP_CLOSE_CODE'

  constructor(code: unknown) {
    super(`A socket cannot be closed with the code ${String(code)}`, {
      hint: 'Use 1000 (done), 1001 to 1003 or 1007 to 1014, or a code of your own from 4000 to 4999.',
    })
  }
}

/** The server could not listen. */
export class HttpBindError extends CoreError {
  static {
    nameError(this, 'HttpBindError')
  }

  readonly code = 'HTTP_BIND'

  /** `cause` is what the system said; a port that is none never gets that far. */
  constructor(host: string, port: number | string, cause?: unknown) {
    const hint = 'Set PORT, or HttpFeature({ port }), to a number from 0 to 65535; port 0 takes a free one.'
    if (cause === undefined) {
      super(`HTTP cannot listen on ${host}: PORT is "${port}", which is no port`, { hint })
    } else {
      const reason = cause instanceof Error ? cause.message : String(cause)
      super(`HTTP cannot listen on ${host}:${port}: ${reason}`, {
        hint: `Another program may be using the port. ${hint}`,
        cause,
      })
    }
  }
}
