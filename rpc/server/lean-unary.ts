/**
 * Unary gRPC calls without the general machinery: one read, one decode, one write. Taken for plain calls only (no
 * compression of the request, a deadline that parses, binary messages); everything else goes through connect-es. What a
 * caller sees must be the same either way.
 */
import { create, fromBinary, toBinary, type DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { setTrailerStatus } from '@connectrpc/connect/protocol-grpc'
import { compressionGzip } from '@connectrpc/connect-node'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { fixGrpcMessage } from './grpc-message.ts'
import { ended, isGone, nodeHeaders, webHeaders } from './http2-adapter.ts'
import type { Call, Init } from './invoke.ts'
import { LeanFacts } from './lean-facts.ts'
import type { RpcLimits } from './router.ts'

export interface LeanCall {
  readonly contentType: string
  /** Milliseconds, undefined without a deadline. */
  readonly timeoutMs: number | undefined
  readonly acceptsGzip: boolean
}

const millisecondsPer: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 }
/** Smaller messages are not worth compressing, as in the general way. */
const compressFrom = 1024

/** What the headers say, or undefined for a call that must go the general way. */
export function leanCall(headers: IncomingHttpHeaders): LeanCall | undefined {
  const contentType = headers['content-type']
  if (headers[':method'] !== 'POST') return undefined
  if (contentType !== 'application/grpc' && contentType !== 'application/grpc+proto') return undefined
  if ((headers['grpc-encoding'] ?? 'identity') !== 'identity') return undefined
  const acceptsGzip = String(headers['grpc-accept-encoding'] ?? '').includes('gzip')
  const timeout = headers['grpc-timeout']
  if (timeout === undefined) return { contentType, timeoutMs: undefined, acceptsGzip }
  const match = /^(\d{1,8})([HMSmun])$/.exec(String(timeout))
  const unit = millisecondsPer[match?.[2] ?? '']
  if (match === null || unit === undefined) return undefined
  return { contentType, timeoutMs: Number(match[1]) * unit, acceptsGzip }
}

export class LeanUnary {
  readonly #open = new Set<LeanFacts>()
  readonly #shutdown: AbortSignal
  readonly #onError: (message: string, error: unknown) => void

  constructor(shutdown: AbortSignal, onError: (message: string, error: unknown) => void) {
    this.#shutdown = shutdown
    this.#onError = onError
    shutdown.addEventListener('abort', () => {
      for (const facts of this.#open) facts.abort(shutdown.reason)
    })
  }

  /** Resolves when the stream is closed. */
  async answer(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    call: Call,
    lean: LeanCall,
    limits: RpcLimits,
  ): Promise<void> {
    const facts = new LeanFacts('grpc', () => webHeaders(headers), lean.timeoutMs)
    stream.once('close', () => facts.cancel())
    this.#open.add(facts)
    if (this.#shutdown.aborted) facts.abort(this.#shutdown.reason)
    let trailers = false
    try {
      const bytes = await facts.received(readMessage(stream, limits.readMaxBytes), limits.receiveMs)
      const message = decode(call.method, bytes)
      facts.signal.throwIfAborted()
      const encoded = (answer: Init) => encode(call.method, answer, limits.writeMaxBytes)
      const answer = await call.answer(call.received(message), facts, encoded)
      const frame = lean.acceptsGzip && answer.length >= compressFrom + 5 ? await compressed(answer, facts) : answer
      if (!isGone(stream)) {
        respond(stream, lean, facts, frame)
        trailers = true
      }
    } catch (error) {
      if (!isGone(stream)) respondError(stream, lean, facts, this.#known(error))
    } finally {
      facts.end()
      this.#open.delete(facts)
    }
    await ended(stream, trailers)
  }

  /** What went wrong outside of the handler says nothing to the caller either. */
  #known(error: unknown): ConnectError {
    if (error instanceof ConnectError) return error
    this.#onError('a gRPC call could not be answered', error)
    return new ConnectError('internal error', Code.Internal)
  }
}

/** The bytes of the one message of the request. Rejects with what is wrong with it, and keeps nothing more then. */
function readMessage(stream: ServerHttp2Stream, limit: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const chunks: Buffer[] = []
  let size = 0
  let length: number | undefined
  let refused = false
  const refuse = (message: string, code: Code) => {
    refused = true
    chunks.length = 0
    reject(new ConnectError(message, code))
  }
  stream.on('data', (chunk: Buffer) => {
    if (refused) return
    chunks.push(chunk)
    size += chunk.length
    if (length === undefined && size >= 5) length = prefixOf(chunks).readUInt32BE(1)
    if (length === undefined) return
    if (length > limit) refuse(`message size ${length} is larger than the limit of ${limit}`, Code.ResourceExhausted)
    else if (size > length + 5) refuse('a unary call has one message', Code.Unimplemented)
  })
  stream.on('end', () => {
    if (refused) return
    if (size === 0) return refuse('the message is missing', Code.Unimplemented)
    if (length === undefined || size !== length + 5) return refuse('the message is incomplete', Code.InvalidArgument)
    const received = prefixOf(chunks, size)
    if (received[0] !== 0) return refuse('the message is compressed, but no encoding is named', Code.Internal)
    return resolve(received.subarray(5))
  })
  stream.on('close', () => reject(new ConnectError('the caller cancelled', Code.Canceled)))
  return promise
}

/** At least the first `size` bytes, without copying when they came together. */
function prefixOf(chunks: readonly Buffer[], size = 5): Buffer {
  const [first] = chunks
  return first !== undefined && first.length >= size ? first : Buffer.concat(chunks)
}

function decode(method: DescMethod, bytes: Uint8Array): object {
  try {
    return fromBinary(method.input, bytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    // As gRPC says, and as connect-es does for streams.
    throw new ConnectError(`the message is no ${method.input.typeName}: ${reason}`, Code.Internal)
  }
}

/** The message in its envelope, which is written together with it. */
function encode(method: DescMethod, answer: Init, limit: number): Buffer {
  const bytes = toBinary(method.output, create(method.output, answer))
  if (bytes.length > limit) {
    throw new ConnectError(`message size ${bytes.length} is larger than the limit of ${limit}`, Code.ResourceExhausted)
  }
  const frame = Buffer.allocUnsafe(5 + bytes.length)
  frame[0] = 0
  frame.writeUInt32BE(bytes.length, 1)
  frame.set(bytes, 5)
  return frame
}

async function compressed(frame: Buffer, facts: LeanFacts): Promise<Buffer> {
  const bytes = await compressionGzip.compress(frame.subarray(5))
  facts.responseHeader.set('grpc-encoding', 'gzip')
  const result = Buffer.allocUnsafe(5 + bytes.length)
  result[0] = 1
  result.writeUInt32BE(bytes.length, 1)
  result.set(bytes, 5)
  return result
}

function respond(stream: ServerHttp2Stream, lean: LeanCall, facts: LeanFacts, frame: Buffer): void {
  const { setHeader, setTrailer } = facts
  stream.once('wantTrailers', () => {
    if (stream.destroyed) return
    stream.sendTrailers(
      setTrailer === undefined ? { 'grpc-status': '0' } : { ...nodeHeaders(setTrailer), 'grpc-status': '0' },
    )
  })
  const headers = { ':status': 200, 'content-type': lean.contentType, ...(setHeader && nodeHeaders(setHeader)) }
  stream.respond(headers, { waitForTrailers: true })
  stream.end(frame)
}

/** Headers that end the stream: the form for an error without any message. */
function respondError(stream: ServerHttp2Stream, lean: LeanCall, facts: LeanFacts, error: ConnectError): void {
  const trailer = setTrailerStatus(new Headers(facts.setTrailer), error)
  fixGrpcMessage(trailer)
  const sent = {
    ':status': 200,
    'content-type': lean.contentType,
    ...(facts.setHeader && nodeHeaders(facts.setHeader)),
  }
  stream.respond({ ...sent, ...nodeHeaders(trailer) }, { endStream: true })
}
