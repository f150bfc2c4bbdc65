/**
 * Errors of the rpc room that are about a programmer's mistake: a proto that does not parse, a contract that is not
 * implemented, a client that is configured wrongly. Errors that travel to a caller are GrpcError (grpc-error.ts).
 */
import { nameError } from './name-error.ts'

export abstract class RpcError extends Error {
  static {
    nameError(this, 'RpcError')
  }

  abstract readonly code: string
  /** What to do about it. */
  readonly hint: string | undefined

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    if (!Object.hasOwn(new.target.prototype, 'name')) this.name = new.target.name
    this.hint = options.hint
  }
}

/** A place in a proto file; line and column count from 1. */
export interface ProtoPosition {
  readonly line: number
  readonly column: number
}

/** A .proto file is wrong. The message starts with `file:line:column`. */
export class ProtoSyntaxError extends RpcError {
  static {
    nameError(this, 'ProtoSyntaxError')
  }

  readonly code = 'RPC_PROTO_SYNTAX'
  readonly file: string
  readonly position: ProtoPosition
  /** The message without the place. */
  readonly reason: string

  constructor(file: string, position: ProtoPosition, reason: string, options: { hint?: string } = {}) {
    super(`${file}:${position.line}:${position.column}: ${reason}`, options)
    this.file = file
    this.position = position
    this.reason = reason
  }
}

/** An imported .proto file is nowhere on the import path. */
export class ProtoImportError extends RpcError {
  static {
    nameError(this, 'ProtoImportError')
  }

  readonly code = 'RPC_PROTO_IMPORT'
}

/** A controller does not implement its contract: a method is missing, or one is there that the contract lacks. */
export class ContractError extends RpcError {
  static {
    nameError(this, 'ContractError')
  }

  readonly code = 'RPC_CONTRACT'
}

/** Client or server options that cannot work. */
export class RpcConfigError extends RpcError {
  static {
    nameError(this, 'RpcConfigError')
  }

  readonly code = 'RPC_CONFIG'
}

/** A message that a client was to send does not fit its schema; nothing, or not all of it, was sent. */
export class MessageError extends RpcError {
  static {
    nameError(this, 'MessageError')
  }

  readonly code = 'RPC_MESSAGE'
}
