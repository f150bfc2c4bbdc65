/** What a caller may know of an error that a handler threw: GrpcErrors as they are, a few of core's by their meaning. */
import { CoreError } from '@justscale/core'
import { Code, ConnectError } from '@connectrpc/connect'
import { GrpcError, sentError } from '../status/grpc-error.ts'
import { GrpcStatus } from '../status/grpc-status.ts'

const missing = [GrpcStatus.NOT_FOUND, 'something that the call refers to does not exist'] as const
const busy = 'busy: try again'

/** Errors of core that say what a caller did or met, as over HTTP. */
const statusByCode: Readonly<Record<string, readonly [status: GrpcStatus, text: string]>> = {
  CORE_REFERENCE_NOT_FOUND: missing,
  CORE_ENTITY_GONE: missing,
  CORE_REFERENCE_MALFORMED: [GrpcStatus.INVALID_ARGUMENT, 'a reference is malformed'],
  CORE_FIELD_VALIDATION: [GrpcStatus.INVALID_ARGUMENT, 'the values cannot be stored'],
  CORE_UNIQUE_VIOLATION: [GrpcStatus.ALREADY_EXISTS, 'it conflicts with what is stored'],
  CORE_REFERENCE_VIOLATION: [GrpcStatus.FAILED_PRECONDITION, 'it conflicts with what is stored'],
  CORE_DEADLOCK: [GrpcStatus.ABORTED, busy],
  CORE_LOCK_TIMEOUT: [GrpcStatus.UNAVAILABLE, busy],
  CORE_UNIT_TIMEOUT: [GrpcStatus.UNAVAILABLE, busy],
}

/**
 * The error to send, or undefined for one whose text stays here: it is answered as INTERNAL. `signal` is the call's: when
 * it is aborted, the handler failed because of that.
 */
export function knownError(error: unknown, signal: AbortSignal): ConnectError | undefined {
  if (error instanceof GrpcError && !error.remote) return sentError(error)
  const known = error instanceof CoreError ? statusByCode[error.code] : undefined
  if (known !== undefined) return sentError(new GrpcError(...known))
  if (signal.aborted && signal.reason instanceof ConnectError) return signal.reason
  if (signal.aborted && (error === signal.reason || isAbort(error))) {
    return new ConnectError('the caller is gone', Code.Canceled)
  }
  // Thrown by the protocol itself while the handler read its body: a message that is too large or does not parse.
  if (error instanceof ConnectError) return error
  return undefined
}

/** What waits for a signal rejects with an error of its own, and Bun gives the reason of a request's signal anew. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}
