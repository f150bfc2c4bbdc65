/** The client's end of a WebSocket: messages, and calls that are answered by their number. */
import type { Problem } from '../response/problem.ts'
import { HttpCallError } from './http-call-error.ts'

type Frame = { readonly reply: number } & (
  { readonly error: Problem } | { readonly item: unknown } | { readonly done: true } | { readonly value?: unknown }
)

/** One call that has not been answered to the end. */
interface Pending {
  readonly name: string
  readonly frames: Queue<Frame>
}

/** Resolves once the socket is open. Rejects with `HttpCallError` of status 0 when it was refused. */
export async function openSocketClient(url: string, headers: Readonly<Record<string, string>>): Promise<unknown> {
  // Browsers cannot send headers, and Bun takes none without need.
  const socket = Object.keys(headers).length > 0 ? new WebSocket(url, { headers } as never) : new WebSocket(url)
  const closed = Promise.withResolvers<{ readonly code: number; readonly reason: string }>()
  const opened = Promise.withResolvers<void>()
  const messages = new Queue<unknown>()
  const pending = new Map<number, Pending>()
  socket.onopen = () => opened.resolve()
  socket.onmessage = ({ data }) => {
    const received = parsed(String(data))
    if (!isFrame(received)) return messages.push(received)
    pending.get(received.reply)?.frames.push(received)
  }
  socket.onclose = ({ code, reason }) => {
    opened.reject(new HttpCallError(`WS ${new URL(url).pathname}`, 0, undefined))
    closed.resolve({ code, reason })
    messages.end()
    for (const { frames } of pending.values()) frames.end()
  }
  socket.onerror = () => {}
  await opened.promise
  const calls = new Calls(socket, pending)
  return {
    call: new Proxy({}, { get: (_, name) => (input: unknown) => calls.start(String(name), input) }),
    send: (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    messages,
    close: (code?: number, reason?: string) => socket.close(code, reason),
    closed: closed.promise,
  }
}

class Calls {
  readonly #socket: WebSocket
  readonly #pending: Map<number, Pending>
  #last = 0

  constructor(socket: WebSocket, pending: Map<number, Pending>) {
    this.#socket = socket
    this.#pending = pending
  }

  /** A promise that is an async iterable too: which of them the procedure is, its types say. */
  start(name: string, input: unknown): PromiseLike<unknown> & AsyncIterableIterator<unknown> {
    const id = ++this.#last
    const call: Pending = { name, frames: new Queue() }
    this.#pending.set(id, call)
    this.#send({ id, call: name, ...(input !== undefined && { input }) })
    const items = this.#items(id, call)
    let value: Promise<unknown> | undefined
    return Object.assign(items, {
      // oxlint-disable-next-line unicorn/no-thenable -- awaiting a call is how its reply is read
      then: ((resolve, reject) =>
        (value ??= this.#value(id, call)).then(resolve, reject)) as PromiseLike<unknown>['then'],
    })
  }

  async #value(id: number, call: Pending): Promise<unknown> {
    try {
      const frame = await this.#next(call)
      return 'value' in frame ? frame.value : undefined
    } finally {
      this.#pending.delete(id)
    }
  }

  async *#items(id: number, call: Pending): AsyncGenerator<unknown> {
    let over = false
    try {
      for (;;) {
        const frame = await this.#next(call)
        if (!('item' in frame)) return void (over = true)
        yield frame.item
      }
    } catch (error) {
      over = true
      throw error
    } finally {
      this.#pending.delete(id)
      if (!over) this.#send({ cancel: id })
    }
  }

  async #next({ name, frames }: Pending): Promise<Frame> {
    const { value: frame } = await frames.next()
    if (frame === undefined) throw new HttpCallError(`The socket closed before ${name}`, 0, undefined)
    if ('error' in frame) throw new HttpCallError(name, frame.error.status, frame.error)
    return frame
  }

  #send(message: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }
}

/** Values in order, for one reader. */
class Queue<Value> implements AsyncIterableIterator<Value> {
  readonly #values: Value[] = []
  #ended = false
  #wake: (() => void) | undefined

  push(value: Value): void {
    this.#values.push(value)
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<Value, undefined>> {
    while (this.#values.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const [value] = this.#values.splice(0, 1)
    return value === undefined ? { done: true, value: undefined } : { done: false, value }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function isFrame(value: unknown): value is Frame {
  return typeof value === 'object' && value !== null && 'reply' in value
}
