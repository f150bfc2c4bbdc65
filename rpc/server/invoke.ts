/**
 * Runs one call: in its app, in a cell of its own, after its middleware. Nothing that a handler answers leaves before the
 * work behind it is committed: a single answer waits for the end of the cell, a streamed message for the open commits.
 */
import type { MessageInitShape, DescMessage, DescMethod, Registry } from '@bufbuild/protobuf'
import { Code, ConnectError, type HandlerContext, type MethodImpl } from '@connectrpc/connect'
import { runInApp, stepFunction, type AppContext, type Logger } from '@justscale/core'
import { CallIdentity, Cell, enterCell, runInCell, type CellOptions } from '@justscale/core/cell'
import type { RpcRoute, RpcStep } from '../controller/implementer.ts'
import { Metadata } from '../controller/metadata.ts'
import type { RpcContext } from '../controller/method-type.ts'
import { referenceFields, type ReferenceFields } from '../controller/reference-fields.ts'
import { enterInboundCall } from './inbound-call.ts'
import { GrpcError } from '../status/grpc-error.ts'
import { GrpcStatus } from '../status/grpc-status.ts'
import { knownError } from './known-error.ts'
import { fitting, type Outgoing } from './outgoing.ts'
import { UntilAborted } from './until-aborted.ts'

export type Init = MessageInitShape<DescMessage>
type FullContext = RpcContext & { readonly body: unknown }

/** What a call needs to know of its transport: connect-es's HandlerContext, or less. */
export type CallFacts = Pick<
  HandlerContext,
  'signal' | 'timeoutMs' | 'requestHeader' | 'responseHeader' | 'responseTrailer' | 'protocolName'
>

/** The method in the form in which connect-es calls it. */
export function implementation(call: Call): MethodImpl<DescMethod> {
  const forms: Readonly<Record<DescMethod['methodKind'], (body: never, context: HandlerContext) => unknown>> = {
    unary: (body: object, context) => call.answer(call.received(body), context, call.outgoing(context)),
    client_streaming: (body: AsyncIterable<object>, context) =>
      call.answer(call.receivedStream(body), context, call.outgoing(context)),
    server_streaming: (body: object, context) => call.stream(call.received(body), context),
    bidi_streaming: (body: AsyncIterable<object>, context) => call.stream(call.receivedStream(body), context),
  }
  return forms[call.method.methodKind] as MethodImpl<DescMethod>
}

export class Call {
  readonly method: DescMethod
  /** What JSON may have in `google.protobuf.Any`. */
  readonly types: Registry
  readonly #app: AppContext
  readonly #logger: Logger
  readonly #route: RpcRoute
  readonly #name: string
  readonly #input: ReferenceFields | undefined
  readonly #output: ReferenceFields | undefined
  /** What still runs of calls that were answered at their deadline. */
  readonly #late = new Set<Promise<unknown>>()
  #steps: readonly PreparedStep[] | undefined

  constructor(app: AppContext, logger: Logger, route: RpcRoute, types: Registry) {
    this.types = types
    this.method = route.method
    this.#app = app
    this.#logger = logger
    this.#route = route
    this.#name = `${route.service.typeName}/${route.method.name}`
    this.#input = referenceFields(route.method.input, route.models)
    this.#output = referenceFields(route.method.output, route.models)
  }

  /** Finds what middleware and guards inject. Rejects with `UnprovidedTokenError`. */
  async prepare(): Promise<readonly PreparedStep[]> {
    const prepared = this.#route.steps.map((step) => prepareStep(step, this.#app))
    return (this.#steps = await Promise.all(prepared))
  }

  /** Body of a call, as a function, so that a reference that is none fails inside the call. */
  received(body: object): () => object {
    return () => this.#input?.receive(body) ?? body
  }

  receivedStream(body: AsyncIterable<object>): () => AsyncIterable<object> {
    const input = this.#input
    return () => (input === undefined ? body : receiveEach(body, input))
  }

  /** For transports that encode by themselves. */
  outgoing(context: HandlerContext): Outgoing<Init> {
    return fitting(this.method.output, context, this.types)
  }

  /** The one answer of a call, as its transport sends it. Rejects with what the caller is told. */
  async answer<Sent>(body: () => unknown, context: CallFacts, outgoing: Outgoing<Sent>): Promise<Sent> {
    const options = { name: `rpc ${this.#name}`, signal: context.signal, caller: callerOf(context) }
    try {
      const work = this.#enter(context, () =>
        runInCell(options, async () => outgoing(this.#sent(await this.#handle(body, context)))),
      )
      const answer = (context.timeoutMs() === undefined ? await work : await this.#inTime(work, context.signal)) as Sent
      // Nobody waits for an answer after the deadline.
      context.signal.throwIfAborted()
      return answer
    } catch (error) {
      throw this.#failure(error, context, options)
    }
  }

  /** Resolves when nothing of the calls runs any more whose deadline was over before they ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#late)
  }

  /** A handler that does not hear of its deadline ends by itself; its caller is answered. */
  async #inTime<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
    const { promise, reject } = Promise.withResolvers<never>()
    const abort = () => {
      if (!isDeadline(signal.reason)) return
      this.#late.add(work)
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    const ended = work.finally(() => {
      signal.removeEventListener('abort', abort)
      this.#late.delete(work)
    })
    return await Promise.race([ended, promise])
  }

  async *stream(body: () => unknown, context: HandlerContext): AsyncGenerator<Init> {
    const options = { name: `rpc ${this.#name}`, signal: context.signal, caller: callerOf(context) }
    const cell = new Cell('boundary', options)
    const inside = <Result>(step: () => Result) => this.#enter(context, () => enterCell(cell, step))
    const outgoing = this.outgoing(context)
    let iterator: AsyncIterator<Init> | undefined
    const held: Init[] = []
    // A handler that waits for something else still ends when its caller is gone.
    const untilAborted = new UntilAborted(context.signal)
    try {
      const answer = (await untilAborted.wait(inside(() => this.#handle(body, context)))) as AsyncIterable<Init>
      const messages = answer[Symbol.asyncIterator]()
      iterator = messages
      for (;;) {
        const next = await untilAborted.wait(inside(() => messages.next()))
        if (next.done === true) break
        const message = outgoing(this.#sent(next.value))
        if (cell.inUnit) {
          // While a lock is held nothing is committed yet: its messages wait for the commit.
          held.push(message)
          continue
        }
        await cell.settle()
        if (held.length > 0) yield* held.splice(0)
        yield message
      }
      await inside(() => cell.close())
      // A handler that only stopped because of that has not answered all.
      context.signal.throwIfAborted()
      yield* held
    } catch (error) {
      throw this.#failure(error, context, options)
    } finally {
      untilAborted.release()
      await inside(() => this.#end(iterator, context, options))
      await cell.abort()
    }
  }

  /** Lets the handler's `finally` blocks run; one that waits for something only hears of it through its signal. */
  async #end(iterator: AsyncIterator<Init> | undefined, context: CallFacts, options: CellOptions): Promise<void> {
    const ended = iterator?.return?.(undefined).catch((error: unknown) => {
      if (!context.signal.aborted) this.#log(options, 'failed while it ended', error)
    })
    if (!context.signal.aborted) await ended
  }

  #log(options: CellOptions, what: string, error: unknown): void {
    enterCell(new Cell('boundary', options), () => this.#logger.error(`rpc ${this.#name} ${what}`, { error }))
  }

  #enter<Result>(context: CallFacts, body: () => Result): Result {
    return runInApp(this.#app, () => enterInboundCall(context, body))
  }

  async #handle(body: () => unknown, context: CallFacts): Promise<unknown> {
    const full = new Context(this.#name, body(), context)
    for (const step of this.#steps ?? (await this.prepare())) {
      const added = await step(full)
      for (const [name, value] of Object.entries(added ?? {})) {
        Object.defineProperty(full, name, { value, enumerable: true, configurable: true, writable: true })
      }
    }
    return this.#route.handle(full as never)
  }

  #sent(message: unknown): Init {
    return (this.#output === undefined ? message : this.#output.send(message as object)) as Init
  }

  /** What the caller is told; what it may not know is in the log, under its request id. */
  #failure(error: unknown, context: CallFacts, options: CellOptions): ConnectError {
    try {
      const known = knownError(error, context.signal)
      if (known !== undefined) return known
      this.#log(options, 'failed', error)
    } catch (misfit) {
      // A detail that does not fit its schema.
      this.#log(options, 'failed with an error that cannot be sent', misfit)
    }
    return new ConnectError('internal error', Code.Internal)
  }
}

function isDeadline(reason: unknown): boolean {
  return reason instanceof ConnectError && reason.code === Code.DeadlineExceeded
}

/** What is made only when it is asked for costs nothing otherwise. */
class Context implements FullContext {
  readonly body: unknown
  readonly method: string
  readonly #facts: CallFacts

  constructor(method: string, body: unknown, facts: CallFacts) {
    this.method = method
    this.body = body
    this.#facts = facts
  }

  get metadata(): Metadata {
    return new Metadata(this.#facts.requestHeader)
  }

  get signal(): AbortSignal {
    return this.#facts.signal
  }

  get deadline(): Date | undefined {
    const left = this.#facts.timeoutMs()
    return left === undefined ? undefined : new Date(Date.now() + left)
  }

  get headers(): Headers {
    return this.#facts.responseHeader
  }

  get trailers(): Headers {
    return this.#facts.responseTrailer
  }

  get protocol(): string {
    return this.#facts.protocolName
  }
}

type PreparedStep = (context: FullContext) => object | void | Promise<object | void>

async function prepareStep(step: RpcStep, { container }: AppContext): Promise<PreparedStep> {
  if (step.kind === 'use') return stepFunction(step.middleware, container)
  const guards = await Promise.all(step.guards.map((guard) => stepFunction(guard, container)))
  return async (context) => {
    for (const guard of guards) if ((await guard(context)) !== false) return
    throw new GrpcError(GrpcStatus.PERMISSION_DENIED, 'you may not do this')
  }
}

function callerOf(context: CallFacts): CallIdentity {
  return new CallIdentity(() => context.requestHeader)
}

async function* receiveEach(body: AsyncIterable<object>, input: ReferenceFields): AsyncIterable<object> {
  for await (const message of body) yield input.receive(message)
}
