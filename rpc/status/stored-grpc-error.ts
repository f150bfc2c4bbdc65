/** How processes store a GrpcError: what it says to programs, and its stack; its cause stays behind. */
import { createStoredValue } from '@justscale/core'
import { errorWithDetails, GrpcError, packedDetails, type PackedDetail } from './grpc-error.ts'
import type { GrpcStatus } from './grpc-status.ts'

interface Stored {
  readonly code: GrpcStatus
  readonly message: string
  readonly stack: string | undefined
  readonly remote: boolean
  readonly metadata: readonly (readonly [name: string, value: string])[]
  readonly details: readonly PackedDetail[]
}

/** Comes with RpcFeature and with every client that is a component. */
export const storedGrpcError = createStoredValue<GrpcError>({
  tag: 'rpc:error',
  matches: (value): value is GrpcError => value instanceof GrpcError,
  encode: (error): Stored => ({
    code: error.code,
    message: error.message,
    stack: error.stack,
    remote: error.remote,
    metadata: [...error.metadata],
    details: packedDetails(error),
  }),
  decode: (stored) => {
    const { code, message, stack, remote, metadata, details } = stored as Stored
    const error = errorWithDetails(code, message, { metadata: Object.fromEntries(metadata) }, { remote, details })
    if (stack !== undefined) error.stack = stack
    return error
  },
})
