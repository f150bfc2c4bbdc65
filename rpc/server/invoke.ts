/**
 * Runs one call: in its app, in a cell of its own, after its middleware. Nothing that a handler answers leaves before the
 * work behind it is committed: a single answer waits for the end of the cell, a streamed message for the open commits.
 */
import type { MessageInitShape, DescMessage, DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError, type HandlerContext, type MethodImpl } from '@connectrpc/connect'
import { runInApp, type AppContext, type Logger } from '@justscale/core'
import { Cell, enterCell, runInCell } from '@justscale/core/cell'
import type { RpcRoute } from '../controller/implementer.ts'
import { Metadata } from '../controller/metadata.ts'
import type { RpcContext } from '../controller/method-type.ts'
import { referenceFields, type ReferenceFields } from '../controller/reference-fields.ts'
import { enterInboundCall } from './inbound-call.ts'
import { knownError } from './known-error.ts'

type Init = MessageInitShape<DescMessage>
type FullContext = RpcContext & { readonly body: unknown }

export function implementation(app: AppContext, logger: Logger, route: RpcRoute): MethodImpl<DescMethod> {
  const call = new Call(app, logger, route)
  switch (route.method.methodKind) {
    case 'unary':
      return ((body: object, context: HandlerContext) => call.answer(call.received(body), context)) as MethodImpl<DescMethod>
    case 'client_streaming':
      return ((body: AsyncIterable<object>, context: HandlerContext) =>
        call.answer(call.receivedStream(body), context)) as MethodImpl<DescMethod>
    case 'server_streaming':
      return ((body: object, context: HandlerContext) => call.stream(call.received(body), context)) as MethodImpl<DescMethod>
    case 'bidi_streaming':
      return ((body: AsyncIterable<object>, context: HandlerContext) =>
        call.stream(call.receivedStream(body), context)) as MethodImpl<DescMethod>
  }
}

class Call {
  readonly #app: AppContext
  readonly #logger: Logger
  readonly #route: RpcRoute
  readonly #name: string
  readonly #input: ReferenceFields | undefined
  readonly #output: ReferenceFields | undefined

  constructor(app: AppContext, logger: Logger, route: RpcRoute) {
    this.#app = app
    this.#logger = logger
    this.#route = route
    this.#name = `${route.service.typeName}/${route.method.name}`
    this.#input = referenceFields(route.method.input, route.models)
    this.#output = referenceFields(route.method.output, route.models)
  }

  /** Body of a call, as a function, so that a reference that is none fails inside the call. */
  received(body: object): () => object {
    return () => this.#input?.receive(body) ?? body
  }

  receivedStream(body: AsyncIterable<object>): () => AsyncIterable<object> {
    const input = this.#input
    return () => (input === undefined ? body : receiveEach(body, input))
  }

  async answer(body: () => unknown, context: HandlerContext): Promise<Init> {
    const options = { name: `rpc ${this.#name}`, signal: context.signal }
    try {
      const answer = await this.#enter(context, () =>
        runInCell(options, async () => this.#sent(await this.#handle(body, context))),
      )
      // Nobody waits for an answer after the deadline.
      context.signal.throwIfAborted()
      return answer
    } catch (error) {
      throw this.#failure(error, context)
    }
  }

  async *stream(body: () => unknown, context: HandlerContext): AsyncGenerator<Init> {
    const cell = new Cell('boundary', { name: `rpc ${this.#name}`, signal: context.signal })
    const inside = <Result>(step: () => Result) => this.#enter(context, () => enterCell(cell, step))
    let iterator: AsyncIterator<Init> | undefined
    const held: Init[] = []
    try {
      const answer = (await inside(() => this.#handle(body, context))) as AsyncIterable<Init>
      const messages = answer[Symbol.asyncIterator]()
      iterator = messages
      for (;;) {
        const next = await untilAborted(inside(() => messages.next()), context.signal)
        if (next.done === true) break
        held.push(this.#sent(next.value))
        // While a lock is held nothing is committed yet: its messages wait for the commit.
        if (cell.inUnit) continue
        await cell.settle()
        yield* held.splice(0)
      }
      await inside(() => cell.close())
      yield* held
    } catch (error) {
      throw this.#failure(error, context)
    } finally {
      await inside(() => this.#end(iterator, context))
      await cell.abort()
    }
  }

  /** Lets the handler's `finally` blocks run; one that waits for something only hears of it through its signal. */
  async #end(iterator: AsyncIterator<Init> | undefined, context: HandlerContext): Promise<void> {
    const ended = iterator?.return?.(undefined).catch((error: unknown) => {
      if (!context.signal.aborted) this.#logger.error(`rpc ${this.#name} failed while it ended`, { error })
    })
    if (!context.signal.aborted) await ended
  }

  #enter<Result>(context: HandlerContext, body: () => Result): Result {
    return runInApp(this.#app, () => enterInboundCall(context, body))
  }

  async #handle(body: () => unknown, context: HandlerContext): Promise<unknown> {
    let full = callContext(this.#name, body(), context)
    for (const middleware of this.#route.middleware) {
      const added = await middleware(full)
      if (added !== undefined) full = Object.assign(full, added)
    }
    return this.#route.handle(full as never)
  }

  #sent(message: unknown): Init {
    return (this.#output === undefined ? message : this.#output.send(message as object)) as Init
  }

  #failure(error: unknown, context: HandlerContext): ConnectError {
    const known = knownError(error, context.signal)
    if (known !== undefined) return known
    this.#logger.error(`rpc ${this.#name} failed`, { error })
    return new ConnectError('internal error', Code.Internal)
  }
}

function callContext(method: string, body: unknown, context: HandlerContext): FullContext {
  const left = context.timeoutMs()
  return {
    body,
    metadata: new Metadata(context.requestHeader),
    signal: context.signal,
    deadline: left === undefined ? undefined : new Date(Date.now() + left),
    headers: context.responseHeader,
    trailers: context.responseTrailer,
    method,
    protocol: context.protocolName,
  }
}

async function* receiveEach(body: AsyncIterable<object>, input: ReferenceFields): AsyncIterable<object> {
  for await (const message of body) yield input.receive(message)
}

/** A handler that waits for something else still ends when its caller is gone. */
function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) {
    promise.catch(() => {})
    return Promise.reject(signal.reason)
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}
