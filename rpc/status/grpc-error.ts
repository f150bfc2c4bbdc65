/**
 * The error that travels: a handler throws it and the caller receives code, message and details; a client rejects with
 * it. Anything else that a handler throws reaches the caller as INTERNAL, without its text.
 */
import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { metadataHeaders, type MetadataInit } from '../controller/metadata.ts'
import { GrpcStatus, grpcStatusName, type GrpcStatusName } from './grpc-status.ts'
import { nameError } from '../name-error.ts'

/** A message that travels with an error, for programs: `detail(BadRequestSchema, { ... })`. */
export interface GrpcErrorDetail {
  readonly schema: DescMessage
  readonly value: object
}

/** Makes a detail of an error. */
export function detail<Schema extends DescMessage>(schema: Schema, value: MessageInitShape<Schema>): GrpcErrorDetail {
  return { schema, value: create(schema, value) }
}

/** Third argument of `new GrpcError(...)`. */
export interface GrpcErrorOptions {
  readonly details?: readonly GrpcErrorDetail[]
  /** Sent to the caller as trailing metadata: texts, and bytes under names that end in `-bin`. */
  readonly metadata?: MetadataInit
  readonly cause?: unknown
}

/** A detail as it travels: the full name of its message, and its bytes. */
export interface PackedDetail {
  readonly type: string
  readonly value: Uint8Array
}

/** Details of errors that were not made by a handler here: received by a client, or read from a process's storage. */
const received = new WeakMap<GrpcError, readonly PackedDetail[]>()

/** What a caller gets, with its status: throw it in a handler, catch it at a client. */
export class GrpcError extends Error {
  static {
    nameError(this, 'GrpcError')
  }

  readonly code: GrpcStatus
  /** `NOT_FOUND`. */
  readonly statusName: GrpcStatusName
  /** True for an error that a client received: uncaught in a handler, it does not travel on to the handler's caller. */
  readonly remote: boolean
  /** What was given to the constructor. Those of a received error have no schema: ask for them with `detailsOf`. */
  readonly details: readonly GrpcErrorDetail[]
  readonly metadata: Headers

  /** `code` from GrpcStatus; never OK. Throws RpcConfigError for metadata that cannot be sent. */
  constructor(code: GrpcStatus, message: string, options: GrpcErrorOptions | readonly GrpcErrorDetail[] = {}) {
    const { details = [], metadata = {}, cause } = 'length' in options ? { details: options } : options
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.statusName = grpcStatusName(code)
    this.details = details
    this.metadata = metadataHeaders(metadata)
    this.remote = cause instanceof ConnectError
  }

  /** The details of one kind, decoded. */
  detailsOf<Schema extends DescMessage>(schema: Schema): MessageShape<Schema>[] {
    const own = this.details.filter((entry) => entry.schema.typeName === schema.typeName)
    const packed = (received.get(this) ?? []).filter((entry) => entry.type === schema.typeName)
    return [
      ...own.map((entry) => entry.value as MessageShape<Schema>),
      ...packed.flatMap((entry) => unpacked(schema, entry.value)),
    ]
  }
}

/** A detail whose bytes are damaged is left out. */
function unpacked<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): MessageShape<Schema>[] {
  try {
    return [fromBinary(schema, bytes)]
  } catch {
    return []
  }
}

/** All details of an error as they travel. */
export function packedDetails(error: GrpcError): PackedDetail[] {
  const own = error.details.map(({ schema, value }) => ({
    type: schema.typeName,
    value: toBinary(schema, create(schema, value as MessageInitShape<DescMessage>)),
  }))
  return [...own, ...(received.get(error) ?? [])]
}

/** An error with details whose schemas are not known here. */
export function errorWithDetails(
  code: GrpcStatus,
  message: string,
  options: Omit<GrpcErrorOptions, 'details'>,
  came: { readonly remote: boolean; readonly details: readonly PackedDetail[] },
): GrpcError {
  const error = new GrpcError(code, message, options)
  received.set(error, came.details)
  return Object.assign(error, { remote: came.remote })
}

/** What a client rejects with: what the server answered, or what the protocol found on the way. */
export function receivedError(cause: unknown): GrpcError {
  if (cause instanceof GrpcError) return cause
  const error = ConnectError.from(cause)
  const metadata = Object.fromEntries(error.metadata)
  const details = error.details.flatMap((detail) =>
    'type' in detail ? [{ type: detail.type, value: detail.value }] : [],
  )
  const options = { cause: error, metadata }
  return errorWithDetails(error.code as number as GrpcStatus, error.rawMessage, options, { remote: true, details })
}

/** What leaves the server for a GrpcError. */
export function sentError(error: GrpcError): ConnectError {
  const code: Code = error.code === GrpcStatus.OK ? Code.Internal : error.code
  const sent = new ConnectError(error.message, code, error.metadata, undefined, error.cause)
  sent.details = packedDetails(error)
  return sent
}
