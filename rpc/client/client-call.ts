/** One method of a client: deadlines, metadata, retries, and the end of a call when nobody reads on. */
import { create, toBinary, type DescMethod, type DescMethodStreaming, type DescMethodUnary } from '@bufbuild/protobuf'
import type { Transport } from '@connectrpc/connect'
import { currentCell } from '@justscale/core/cell'
import { metadataHeaders } from '../controller/metadata.ts'
import { MessageError } from '../errors.ts'
import { currentInboundCall } from '../server/inbound-call.ts'
import { receivedError, GrpcError } from '../status/grpc-error.ts'
import { GrpcStatus } from '../status/grpc-status.ts'
import type { CallOptions, RpcClientOptions } from './client-options.ts'

const propagated = ['traceparent', 'tracestate', 'baggage', 'x-request-id']

type Init = Record<string, unknown>

interface Prepared {
  readonly headers: Headers
  readonly timeoutMs: number | undefined
  readonly controller: AbortController
  /** Takes the listeners off the signals of others. */
  release(): void
}

export class ClientCall {
  readonly method: DescMethod
  readonly #transport: Transport
  readonly #options: RpcClientOptions

  constructor(transport: Transport, method: DescMethod, options: RpcClientOptions) {
    this.#transport = transport
    this.method = method
    this.#options = options
  }

  async unary(message: Init, options: CallOptions = {}): Promise<object> {
    const { attempts = 1, on = ['UNAVAILABLE'] } = this.#options.retry ?? {}
    const started = performance.now()
    for (let attempt = 1; ; attempt++) {
      const prepared = await this.#prepare(options, performance.now() - started)
      const { controller, headers, timeoutMs } = prepared
      try {
        const answer = await this.#transport.unary(
          this.method as DescMethodUnary,
          controller.signal,
          timeoutMs,
          headers,
          message,
        )
        options.onHeaders?.(answer.header)
        options.onTrailers?.(answer.trailer)
        return answer.message
      } catch (cause) {
        this.#checkSent(message)
        const error = receivedError(cause)
        if (attempt >= attempts || !on.includes(error.statusName) || controller.signal.aborted) throw error
        await pause(this.#backoff(attempt), controller.signal)
      } finally {
        prepared.release()
      }
    }
  }

  async single(messages: AsyncIterable<Init>, options: CallOptions = {}): Promise<object> {
    let answer: object | undefined
    for await (const message of this.stream(messages, options)) {
      if (answer !== undefined) throw new GrpcError(GrpcStatus.UNIMPLEMENTED, 'the server sent more than one message')
      answer = message
    }
    if (answer === undefined) throw new GrpcError(GrpcStatus.UNIMPLEMENTED, 'the server sent no message')
    return answer
  }

  /** Leaving the loop over the answer cancels the call. Throws what `messages` throws, and MessageError for one that cannot be sent. */
  async *stream(messages: AsyncIterable<Init>, options: CallOptions = {}): AsyncGenerator<object> {
    const prepared = await this.#prepare(options, 0)
    const { controller, headers, timeoutMs } = prepared
    let ended = false
    let own: { readonly error: unknown } | undefined
    let sent: Init | undefined
    const failed = (error: unknown) => {
      own ??= { error }
      controller.abort(new GrpcError(GrpcStatus.CANCELLED, 'what was to be sent failed'))
    }
    try {
      const answer = await this.#transport.stream(
        this.method as DescMethodStreaming,
        controller.signal,
        timeoutMs,
        headers,
        each(messages, failed, (message) => (sent = message)),
      )
      options.onHeaders?.(answer.header)
      yield* answer.message
      ended = true
      options.onTrailers?.(answer.trailer)
    } catch (error) {
      ended = true
      this.#checkSent(sent)
      throw own === undefined ? receivedError(error) : own.error
    } finally {
      if (!ended) controller.abort(new GrpcError(GrpcStatus.CANCELLED, 'the reader left'))
      prepared.release()
    }
  }

  /** After a failure: a message that cannot be encoded is a mistake made here, and no answer of the server. */
  #checkSent(message: Init | undefined): void {
    if (message === undefined) return
    const { input } = this.method
    try {
      toBinary(input, create(input, message))
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MessageError(`what was to be sent is no ${input.typeName}: ${reason}`, { cause })
    }
  }

  async #prepare(options: CallOptions, elapsed: number): Promise<Prepared> {
    const inbound = currentInboundCall()
    const headers = await this.#headers(options)
    const own = options.timeoutMs ?? this.#options.timeoutMs
    const limits = [own === undefined ? undefined : own - elapsed, inbound?.timeoutMs()].filter(
      (limit) => limit !== undefined,
    )
    const timeoutMs = limits.length === 0 ? undefined : Math.ceil(Math.min(...limits))
    if (timeoutMs !== undefined && timeoutMs <= 0) {
      throw new GrpcError(GrpcStatus.DEADLINE_EXCEEDED, 'the deadline was over before the call began')
    }
    return { headers, timeoutMs, ...linkedController([options.signal, inbound?.signal]) }
  }

  async #headers(options: CallOptions): Promise<Headers> {
    const caller = currentCell()?.caller
    const passedOn: Record<string, string> = {}
    for (const name of this.#options.propagate ?? propagated) {
      const value = caller?.header(name)
      if (value !== undefined) passedOn[name] = value
    }
    const { metadata } = this.#options
    const common = typeof metadata === 'function' ? await metadata() : metadata
    return metadataHeaders({ ...passedOn, ...common, ...options.metadata })
  }

  #backoff(attempt: number): number {
    const { delayMs = 50, maxDelayMs = 2_000 } = this.#options.retry ?? {}
    return Math.min(maxDelayMs, delayMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)
  }
}

/** The transport asks twice for the iterator, which a ReadableStream does not allow. */
async function* each(
  messages: AsyncIterable<Init>,
  failed: (error: unknown) => void,
  sending: (message: Init) => void,
): AsyncGenerator<Init> {
  let handed = false
  try {
    for await (const message of messages) {
      handed = true
      sending(message)
      yield message
      handed = false
    }
  } catch (error) {
    // The transport throws too, when the call is over: into the `yield`.
    if (!handed) failed(error)
    throw error
  }
}

function linkedController(signals: readonly (AbortSignal | undefined)[]): Pick<Prepared, 'controller' | 'release'> {
  const controller = new AbortController()
  const present = signals.filter((signal) => signal !== undefined)
  const links = present.map((signal) => ({ signal, abort: () => controller.abort(signal.reason) }))
  for (const { signal, abort } of links) {
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  }
  return {
    controller,
    release: () => {
      for (const { signal, abort } of links) signal.removeEventListener('abort', abort)
    },
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clearTimeout(timer)
}
