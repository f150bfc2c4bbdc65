/**
 * One WebSocket: a bounded queue of checked messages for its handler, and sends that wait for the runtime's buffer to drain.
 * Nothing here may throw into the runtime: an exception in its callbacks ends the process.
 */
import { currentCell, runInCell } from '@justscale/core/cell'
import type { ServerWebSocket } from 'bun'
import { CloseCodeError } from '../errors.ts'
import { parseJson } from '../request/parse-json.ts'
import { checkSchema, type Schema } from '../route/schema.ts'
import type { WebSocketOptions } from '../server/options.ts'
import { closeReason, mayClose } from './close-code.ts'
import type { Messages, SocketContext } from './socket-context.ts'

/** Characters or bytes of unread messages; a single message may have more. */
const UNREAD = 1024 * 1024

export interface SessionOptions {
  /** Of the cells that messages are handled in. */
  readonly name: string
  readonly limits: WebSocketOptions
  readonly message: Schema | undefined
  /** Runs the route's handler; its end closes the socket. */
  readonly run: (context: SocketContext<unknown>) => Promise<void>
  readonly onError: (error: unknown) => void
  /** The socket has closed; the handler may go on for a while. */
  readonly onClose: () => void
  /** The handler has ended. */
  readonly onEnd: () => void
}

export class SocketSession implements SocketContext<unknown> {
  readonly #options: SessionOptions
  /** Checked messages that the handler has not taken, each with its length. */
  readonly #queue: { readonly value: unknown; readonly length: number }[] = []
  readonly #closed = new AbortController()
  readonly #maxQueue: number
  readonly #rate: number
  #socket: ServerWebSocket<SocketSession> | undefined
  #reader: (() => void) | undefined
  #drained: PromiseWithResolvers<void> | undefined
  #checking: Promise<void> = Promise.resolve()
  /** Messages that the handler has not taken, checked or not, and their lengths together. */
  #unread = 0
  #unreadLength = 0
  #tokens: number
  #refilled = performance.now()

  constructor(options: SessionOptions) {
    this.#options = options
    this.#maxQueue = options.limits.maxQueue ?? 256
    this.#rate = options.limits.messagesPerSecond ?? 100
    this.#tokens = this.#rate
  }

  get closed(): AbortSignal {
    return this.#closed.signal
  }

  get messages(): Messages<unknown> {
    return {
      [Symbol.asyncIterator]: () => ({ next: () => this.#next() }),
      each: async (handle) => {
        const options = { name: this.#options.name, signal: this.closed }
        for (let next = await this.#next(); next.done !== true; next = await this.#next()) {
          const message = next.value
          await runInCell(options, () => handle(message))
        }
      },
    }
  }

  readonly send = async (value: unknown): Promise<void> => {
    await currentCell()?.settle()
    await this.#deliver(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null'))
  }

  readonly close = (code = 1000, reason = ''): void => {
    if (!mayClose(code)) throw new CloseCodeError(code)
    if (this.closed.aborted) return
    this.#socket?.close(code, closeReason(reason))
    this.ended()
  }

  /** The runtime has opened the socket. */
  opened(socket: ServerWebSocket<SocketSession>): void {
    this.#socket = socket
    this.#options
      .run(this)
      .then(
        () => this.close(1000, 'Done'),
        (error: unknown) => {
          if (!this.closed.aborted) this.#options.onError(error)
          this.close(1011, 'Internal error')
        },
      )
      .finally(this.#options.onEnd)
  }

  /** The runtime has received a message. Checks run one after the other, so order holds for asynchronous schemas too. */
  received(data: string | Uint8Array): void {
    if (this.closed.aborted) return
    if (!this.#allowed()) return this.close(1008, 'Too many messages')
    this.#unread += 1
    this.#unreadLength += data.length
    if (this.#unread > this.#maxQueue || this.#unreadLength > Math.max(UNREAD, data.length))
      return this.close(1008, 'Too many unread messages')
    this.#checking = this.#checking
      .then(() => this.#accept(data))
      .catch((error: unknown) => {
        this.#taken(data.length)
        this.#options.onError(error)
      })
  }

  /** The runtime's buffer has room again. */
  drained(): void {
    this.#drained?.resolve()
    this.#drained = undefined
  }

  /** The socket is gone. */
  ended(): void {
    if (this.closed.aborted) return
    this.#closed.abort()
    this.drained()
    this.#reader?.()
    this.#options.onClose()
  }

  async #accept(data: string | Uint8Array): Promise<void> {
    const { length } = data
    const parsed = parse(data)
    if ('problem' in parsed) return this.#refuse(length, parsed.problem)
    const schema = this.#options.message
    const result = schema === undefined ? parsed : await checkSchema(schema, 'message', parsed.value)
    if ('violations' in result) return this.#refuse(length, 'The message is not valid', result.violations)
    this.#queue.push({ value: result.value, length })
    this.#reader?.()
  }

  #taken(length: number): void {
    this.#unread -= 1
    this.#unreadLength -= length
  }

  async #refuse(length: number, detail: string, errors?: unknown): Promise<void> {
    const error = { title: 'Unprocessable Message', detail, ...(errors !== undefined && { errors }) }
    await this.#deliver(JSON.stringify({ error }))
    this.#taken(length)
  }

  /** A flood of refusals waits with its sender: the next message is checked once this one has been taken. */
  async #deliver(text: string): Promise<void> {
    for (let sent = 0; sent === 0;) {
      while (this.#drained !== undefined) await this.#drained.promise
      if (this.closed.aborted || this.#socket === undefined) return
      sent = this.#socket.send(text)
      // -1: taken, but the client has to catch up. 0: not taken, because it has not caught up with what was taken before.
      if (sent > 0 || (sent === 0 && this.#socket.getBufferedAmount() === 0)) return
      this.#drained ??= Promise.withResolvers()
    }
    await this.#drained?.promise
  }

  async #next(): Promise<IteratorResult<unknown, undefined>> {
    await currentCell()?.settle()
    while (this.#queue.length === 0 && !this.closed.aborted) {
      await new Promise<void>((resolve) => {
        this.#reader = resolve
      })
      this.#reader = undefined
    }
    const message = this.#queue.shift()
    if (message === undefined) return { done: true, value: undefined }
    this.#taken(message.length)
    return { done: false, value: message.value }
  }

  #allowed(): boolean {
    const now = performance.now()
    this.#tokens = Math.min(this.#rate, this.#tokens + ((now - this.#refilled) / 1000) * this.#rate)
    this.#refilled = now
    this.#tokens -= 1
    return this.#tokens >= 0
  }
}

function parse(data: string | Uint8Array): { readonly value: unknown } | { readonly problem: string } {
  if (typeof data !== 'string') return { problem: 'Messages are text' }
  try {
    return { value: parseJson(data) }
  } catch {
    return { problem: 'The message is not valid JSON' }
  }
}
