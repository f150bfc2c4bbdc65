/**
 * Problem documents (RFC 9457): every answer that is no success. What clients may know is in them; what they may not (messages
 * of unexpected errors) is in the log, under the same request id.
 */
import { CoreError, ReferenceViolationError } from '@justscale/core'
import { STATUS_CODES } from 'node:http'
import { HttpError, type Violation } from '../errors.ts'

/** Body of every error answer, as `application/problem+json` (RFC 9457). */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly requestId: string
  readonly errors?: readonly Violation[]
}

/** Errors of core that say what a client did or met; others are 500. */
const statusByCode: Readonly<Record<string, number>> = {
  CORE_REFERENCE_NOT_FOUND: 404,
  CORE_ENTITY_GONE: 404,
  CORE_REFERENCE_MALFORMED: 422,
  CORE_FIELD_VALIDATION: 422,
  CORE_CONDITION_VALUE: 422,
  CORE_UNIQUE_VIOLATION: 409,
  CORE_REFERENCE_VIOLATION: 409,
  CORE_DEADLOCK: 503,
  CORE_LOCK_TIMEOUT: 503,
  CORE_UNIT_TIMEOUT: 503,
}
const details: Readonly<Record<number, string>> = {
  404: 'Something that the request refers to does not exist',
  409: 'It conflicts with what is stored',
  422: 'There are values that cannot be stored',
  503: 'Busy: try again',
}

/** The answer for an error, and whether it is one of ours to log. */
export function problemOf(
  error: unknown,
  requestId: string,
): { readonly response: Response; readonly unexpected: boolean } {
  const parts = problemParts(error, requestId)
  return { response: problemResponse(parts), unexpected: parts.status >= 500 }
}

/** What a client may know of an error. */
export function problemParts(error: unknown, requestId: string): ProblemParts {
  if (error instanceof HttpError) {
    const { status, message, violations, headers } = error
    return { status, detail: message, requestId, errors: violations, headers }
  }
  const status = statusOf(error)
  const headers: Record<string, string> = status === 503 ? { 'retry-after': '1' } : {}
  const detail = details[status]
  return { status, requestId, headers, ...(detail && { detail }) }
}

function statusOf(error: unknown): number {
  if (!(error instanceof CoreError)) return 500
  // What the client wrote refers to nothing: no state of ours will make that right.
  if (error instanceof ReferenceViolationError && error.problem === 'missing') return 422
  return statusByCode[error.code] ?? 500
}

export interface ProblemParts {
  readonly status: number
  readonly detail?: string
  readonly requestId: string
  readonly errors?: readonly Violation[]
  readonly headers?: Readonly<Record<string, string>>
}

export function problemResponse(parts: ProblemParts): Response {
  return new Response(JSON.stringify(problemDocument(parts)), {
    status: parts.status,
    headers: { ...parts.headers, 'content-type': 'application/problem+json' },
  })
}

export function problemDocument({ status, detail, requestId, errors }: ProblemParts): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    ...(detail !== undefined && detail !== '' && { detail }),
    requestId,
    ...(errors !== undefined && errors.length > 0 && { errors }),
  }
}
