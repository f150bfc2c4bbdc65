/** An app that serves the greeter, with a record of what its handlers saw. */
import { bindInstance, createController, defineService, JustScale } from '@justscale/core'
import type { MessageShape } from '@bufbuild/protobuf'
import { detail, GrpcError, GrpcStatus, RpcFeature, type RpcContext, type RpcOptions } from '../index.ts'
import { GreeterContract, HelloRequestSchema } from './greeter.ts'

/** How a handler ended: `cut off` when its caller was gone, or its deadline over, before it was done. */
export type Ending = 'finished' | 'cut off'

interface SeenCall {
  readonly started: PromiseWithResolvers<void>
  readonly ended: PromiseWithResolvers<Ending>
}

/** What the handlers saw of a call, as promises. It is found by the `note` of its first message, else by its method. */
export class Seen extends defineService({
  factory: () => {
    const calls = new Map<string, SeenCall>()
    return {
      call(tag: string): SeenCall {
        const call = calls.get(tag) ?? { started: Promise.withResolvers(), ended: Promise.withResolvers() }
        calls.set(tag, call)
        return call
      },
    }
  },
}) {}

type Request = MessageShape<typeof HelloRequestSchema>

/** What every method does: it answers metadata, and some names have a meaning. */
class Visit implements Disposable {
  readonly #seen: (tag: string) => SeenCall
  readonly #context: RpcContext
  #tag: string | undefined

  constructor(seen: (tag: string) => SeenCall, context: RpcContext) {
    this.#seen = seen
    this.#context = context
    const { metadata, headers, trailers, deadline } = context
    headers.set('x-echo', metadata.get('x-ask') ?? 'nothing')
    trailers.set('x-last', String(deadline !== undefined))
    const bytes = metadata.bytes('x-ask-bin')
    if (bytes !== undefined) trailers.set('x-echo-bin', bytes.toReversed().toBase64({ omitPadding: true }))
  }

  /** The call has begun: from here on, it is known by this message. */
  begin({ extra }: Request): void {
    this.#tag ??= extra.case === 'note' ? extra.value : this.#context.method.split('/')[1]
    this.#seen(this.#tag ?? '').started.resolve()
  }

  async read(request: Request): Promise<void> {
    this.begin(request)
    const { name } = request
    if (name === 'wait') await aborted(this.#context.signal)
    if (name === 'bug') throw new Error('the password is hunter2')
    if (name === 'missing') {
      throw new GrpcError(GrpcStatus.NOT_FOUND, 'no "50%" of müller: gone', {
        details: [detail(HelloRequestSchema, { name: 'detail' })],
        metadata: { 'x-why': 'because' },
      })
    }
  }

  [Symbol.dispose](): void {
    if (this.#tag !== undefined)
      this.#seen(this.#tag).ended.resolve(this.#context.signal.aborted ? 'cut off' : 'finished')
  }
}

export const greeter = createController.implements(GreeterContract).create({
  inject: { seen: Seen },
  methods: ({ seen }) => ({
    SayHello: async (context) => {
      using visit = new Visit(seen.call, context)
      const { body } = context
      await visit.read(body)
      return { message: `Hello, ${body.name}`, index: body.times ?? -1 }
    },
    async *SayHelloStream(context) {
      using visit = new Visit(seen.call, context)
      const { body } = context
      visit.begin(body)
      for (let index = 0; index < (body.times ?? 3); index++) yield { message: `Hello ${index}, ${body.name}`, index }
      await visit.read(body)
    },
    RecordRoute: async (context) => {
      using visit = new Visit(seen.call, context)
      const names: string[] = []
      let bytes = 0n
      for await (const request of context.body) {
        names.push(request.name)
        if (request.extra.case === 'blob') bytes += BigInt(request.extra.value.byteLength)
        await visit.read(request)
      }
      return { count: names.length, names, detail: { bytes } }
    },
    async *RouteChat(context) {
      using visit = new Visit(seen.call, context)
      let index = 0
      for await (const request of context.body) {
        await visit.read(request)
        yield { message: `Hello, ${request.name}`, index: index++ }
      }
    },
  }),
})

/** `say` is told what the handlers see, for who is in another OS process. */
export function greeterApp(options: RpcOptions = {}, say?: (note: string, event: 'started' | Ending) => void) {
  const told = (tag: string): SeenCall => ({
    started: telling(() => say?.(tag, 'started')),
    ended: telling((ending) => say?.(tag, ending)),
  })
  return JustScale()
    .add(say === undefined ? Seen : bindInstance(Seen, { call: told }))
    .add(greeter)
    .add(RpcFeature({ port: 0, hostname: '127.0.0.1', drainMs: 50, ...options }))
    .build()
}

function telling<Value>(say: (value: Value) => void): PromiseWithResolvers<Value> {
  const settling = Promise.withResolvers<Value>()
  void settling.promise.then(say)
  return settling
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
