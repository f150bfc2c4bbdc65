/**
 * Unary Connect calls without the general machinery, as lean-unary.ts does for gRPC. Taken for POSTs of known length
 * without compression; everything else (GET, streams, gRPC-Web, compressed requests) goes through connect-es.
 */
import { create, fromBinary, fromJsonString, toBinary, toJsonString } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { mergeNonProtocolHeaders } from '@connectrpc/connect/protocol'
import { codeToHttpStatus, errorToJsonBytes } from '@connectrpc/connect/protocol-connect'
import { compressionGzip } from '@connectrpc/connect-node'
import type { Call, Init } from './invoke.ts'
import { LeanFacts } from './lean-facts.ts'
import type { RpcLimits } from './router.ts'

interface LeanRequest {
  readonly contentType: 'application/proto' | 'application/json'
  readonly timeoutMs: number | undefined
}

const compressFrom = 1024
/** Named, and not with the weight 0, which refuses it. */
const acceptsGzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/

export class LeanConnect {
  readonly #open = new Set<LeanFacts>()
  readonly #shutdown: AbortSignal
  readonly limits: RpcLimits
  readonly #onError: (message: string, error: unknown) => void

  constructor(shutdown: AbortSignal, limits: RpcLimits, onError: (message: string, error: unknown) => void) {
    this.#shutdown = shutdown
    this.limits = limits
    this.#onError = onError
    shutdown.addEventListener('abort', () => {
      for (const facts of this.#open) facts.abort(shutdown.reason)
    })
  }

  /** What the headers say, or undefined for a call that must go the general way. */
  accepts(request: Request): LeanRequest | undefined {
    const { headers } = request
    const contentType = headers.get('content-type')
    if (request.method !== 'POST' || headers.has('content-encoding')) return undefined
    if (contentType !== 'application/proto' && contentType !== 'application/json') return undefined
    const length = Number(headers.get('content-length') ?? Number.NaN)
    if (!(length <= this.limits.readMaxBytes)) return undefined
    const timeout = headers.get('connect-timeout-ms')
    if (timeout === null) return { contentType, timeoutMs: undefined }
    return /^\d{1,10}$/.test(timeout) ? { contentType, timeoutMs: Number(timeout) } : undefined
  }

  async answer(request: Request, call: Call, { contentType, timeoutMs }: LeanRequest): Promise<Response> {
    const facts = new LeanFacts('connect', () => request.headers, timeoutMs)
    this.#open.add(facts)
    const cancel = () => facts.cancel()
    request.signal.addEventListener('abort', cancel, { once: true })
    if (this.#shutdown.aborted) facts.abort(this.#shutdown.reason)
    try {
      const message = await facts.received(decode(call, request, contentType), this.limits.receiveMs)
      facts.signal.throwIfAborted()
      const encoded = (answer: Init) => encode(call, answer, contentType)
      const bytes = await call.answer(call.received(message), facts, encoded)
      if (bytes.length > this.limits.writeMaxBytes) {
        const reason = `message size ${bytes.length} is larger than the limit of ${this.limits.writeMaxBytes}`
        throw new ConnectError(reason, Code.ResourceExhausted)
      }
      return await respond(request, facts, 200, contentType, bytes)
    } catch (failure) {
      const error = this.#known(failure)
      mergeNonProtocolHeaders(facts.responseHeader, error.metadata)
      return await respond(
        request,
        facts,
        codeToHttpStatus(error.code),
        'application/json',
        errorToJsonBytes(error, undefined),
      )
    } finally {
      request.signal.removeEventListener('abort', cancel)
      facts.end()
      this.#open.delete(facts)
    }
  }

  /** What went wrong outside of the handler says nothing to the caller either. */
  #known(error: unknown): ConnectError {
    if (error instanceof ConnectError) return error
    this.#onError('an RPC could not be answered', error)
    return new ConnectError('internal error', Code.Internal)
  }
}

async function decode({ method, types }: Call, request: Request, contentType: string): Promise<object> {
  try {
    if (contentType === 'application/proto') return fromBinary(method.input, await request.bytes())
    return fromJsonString(method.input, await request.text(), { ignoreUnknownFields: true, registry: types })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConnectError(`the message is no ${method.input.typeName}: ${reason}`, Code.InvalidArgument)
  }
}

function encode({ method, types }: Call, answer: Init, contentType: string): Uint8Array {
  const message = create(method.output, answer)
  // For JSON as well, which would take numbers that the type does not have.
  const binary = toBinary(method.output, message)
  if (contentType === 'application/proto') return binary
  return new TextEncoder().encode(toJsonString(method.output, message, { registry: types }))
}

async function respond(
  request: Request,
  facts: LeanFacts,
  status: number,
  contentType: string,
  bytes: Uint8Array,
): Promise<Response> {
  const headers = new Headers(facts.setHeader)
  headers.set('content-type', contentType)
  for (const [name, value] of facts.setTrailer ?? []) headers.append(`trailer-${name}`, value)
  const zip = bytes.length >= compressFrom && acceptsGzip.test(request.headers.get('accept-encoding') ?? '')
  if (zip) headers.set('content-encoding', 'gzip')
  return new Response((zip ? await compressionGzip.compress(bytes) : bytes) as Uint8Array<ArrayBuffer>, {
    status,
    headers,
  })
}
