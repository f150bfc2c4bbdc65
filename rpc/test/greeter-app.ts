/** An app that serves the greeter, with a record of what its handlers saw. */
import { createController, defineService, JustScale } from '@justscale/core'
import { detail, GrpcError, GrpcStatus, RpcFeature, type RpcOptions } from '../index.ts'
import { GreeterContract, HelloRequestSchema } from './greeter.ts'

/** What the handlers saw, as promises that a test can wait for. */
export class Seen extends defineService({
  factory: () => ({ cancelled: Promise.withResolvers<string>(), finished: Promise.withResolvers<string>(), starts: 0 }),
}) {}

export const greeter = createController.implements(GreeterContract).create({
  inject: { seen: Seen },
  methods: ({ seen }) => ({
    SayHello: async ({ body, metadata, headers, trailers, signal, deadline }) => {
      seen.starts++
      if (body.name === 'missing') {
        throw new GrpcError(GrpcStatus.NOT_FOUND, 'no "50%" of müller: gone', {
          details: [detail(HelloRequestSchema, { name: 'detail' })],
          metadata: { 'x-why': 'because' },
        })
      }
      if (body.name === 'bug') throw new Error('the password is hunter2')
      if (body.name === 'wait') await aborted(signal).then(() => seen.cancelled.resolve('SayHello'))
      headers.set('x-echo', metadata.get('x-ask') ?? 'nothing')
      trailers.set('x-last', String(deadline !== undefined))
      return { message: `Hello, ${body.name}`, index: body.times ?? -1 }
    },
    async *SayHelloStream({ body, signal }) {
      try {
        for (let index = 0; index < (body.times ?? 3); index++) yield { message: `Hello ${index}, ${body.name}`, index }
        if (body.name === 'fail') throw new GrpcError(GrpcStatus.DATA_LOSS, 'halfway: 50%')
        if (body.name === 'wait') await aborted(signal)
      } finally {
        seen.finished.resolve('SayHelloStream')
      }
    },
    RecordRoute: async ({ body }) => {
      const names: string[] = []
      let bytes = 0n
      for await (const request of body) {
        names.push(request.name)
        if (request.extra.case === 'blob') bytes += BigInt(request.extra.value.byteLength)
      }
      seen.finished.resolve('RecordRoute')
      return { count: names.length, names, detail: { bytes } }
    },
    async *RouteChat({ body }) {
      try {
        let index = 0
        for await (const request of body) yield { message: `Hello, ${request.name}`, index: index++ }
      } finally {
        seen.finished.resolve('RouteChat')
      }
    },
  }),
})

export function greeterApp(options: RpcOptions = {}) {
  return JustScale()
    .add(Seen)
    .add(greeter)
    .add(RpcFeature.configure({ port: 0, hostname: '127.0.0.1', drainMs: 50, ...options }))
    .build()
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
