/** What a caller may know of an error that a handler threw: GrpcErrors as they are, a few of core's by their meaning. */
import { MalformedReferenceError, ReferenceNotFoundError } from '@justscale/core'
import { Code, ConnectError } from '@connectrpc/connect'
import { GrpcError, sentError } from '../status/grpc-error.ts'
import { GrpcStatus } from '../status/grpc-status.ts'

/**
 * The error to send, or undefined for one whose text stays here: it is answered as INTERNAL. `signal` is the call's: when
 * it is aborted, the handler failed because of that.
 */
export function knownError(error: unknown, signal: AbortSignal): ConnectError | undefined {
  if (error instanceof GrpcError && !error.remote) return sentError(error)
  if (error instanceof MalformedReferenceError)
    return sentError(new GrpcError(GrpcStatus.INVALID_ARGUMENT, error.message))
  if (error instanceof ReferenceNotFoundError) return sentError(new GrpcError(GrpcStatus.NOT_FOUND, error.message))
  if (signal.aborted && signal.reason instanceof ConnectError) return signal.reason
  if (signal.aborted && error === signal.reason) return new ConnectError('the caller is gone', Code.Canceled)
  // Thrown by the protocol itself while the handler read its body: a message that is too large or does not parse.
  if (error instanceof ConnectError) return error
  return undefined
}
