/**
 * The error that travels: a handler throws it and the caller receives code, message and details; a client rejects with
 * it. Anything else that a handler throws reaches the caller as INTERNAL, without its text.
 */
import { create, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { metadataHeaders, type MetadataInit } from '../controller/metadata.ts'
import { GrpcStatus, grpcStatusName, type GrpcStatusName } from './grpc-status.ts'

/** A message that travels with an error, for programs: `detail(BadRequestSchema, { ... })`. */
export interface GrpcErrorDetail {
  readonly schema: DescMessage
  readonly value: object
}

/** Makes a detail of an error. */
export function detail<Schema extends DescMessage>(schema: Schema, value: MessageInitShape<Schema>): GrpcErrorDetail {
  return { schema, value: create(schema, value) }
}

export interface GrpcErrorOptions {
  readonly details?: readonly GrpcErrorDetail[]
  /** Sent to the caller as trailing metadata: texts, and bytes under names that end in `-bin`. */
  readonly metadata?: MetadataInit
  readonly cause?: unknown
}

export class GrpcError extends Error {
  readonly code: GrpcStatus
  /** `NOT_FOUND`. A process that is taken up by another node still finds it, in what is then a plain Error. */
  readonly statusName: GrpcStatusName
  /** True for an error that a client received: uncaught in a handler, it does not travel on to the handler's caller. */
  readonly remote: boolean
  readonly details: readonly GrpcErrorDetail[]
  readonly metadata: Headers
  readonly #remote: ConnectError | undefined

  /** `code` from GrpcStatus; never OK. */
  constructor(code: GrpcStatus, message: string, options: GrpcErrorOptions | readonly GrpcErrorDetail[] = {}) {
    const { details = [], metadata = {}, cause } = 'length' in options ? { details: options } : options
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'GrpcError'
    this.code = code
    this.statusName = grpcStatusName(code)
    this.details = details
    this.metadata = metadataHeaders(metadata)
    this.#remote = cause instanceof ConnectError ? cause : undefined
    this.remote = this.#remote !== undefined
  }

  /** The details of one kind, decoded. */
  detailsOf<Schema extends DescMessage>(schema: Schema): MessageShape<Schema>[] {
    if (this.#remote !== undefined) return this.#remote.findDetails(schema)
    const own = this.details.filter((entry) => entry.schema.typeName === schema.typeName)
    return own.map((entry) => entry.value as MessageShape<Schema>)
  }
}

/** What a client rejects with. */
export function receivedError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error
  const received = ConnectError.from(error)
  return new GrpcError(received.code as GrpcStatus, received.rawMessage, {
    cause: received,
    metadata: Object.fromEntries(received.metadata),
  })
}

/** What leaves the server for a GrpcError. */
export function sentError(error: GrpcError): ConnectError {
  const code: Code = error.code === GrpcStatus.OK ? Code.Internal : error.code
  const details = error.details.map((entry) => ({
    desc: entry.schema,
    value: entry.value as MessageInitShape<DescMessage>,
  }))
  return new ConnectError(error.message, code, error.metadata, details, error.cause)
}
