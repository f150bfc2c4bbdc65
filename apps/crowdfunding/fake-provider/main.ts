/**
 * A payment provider to play against, as an OS process of its own: `bun fake-provider/main.ts`. It carries out each key
 * once, answers a repeated key with the first receipt, refuses a known key with another body, and tells all it was
 * called with. `PORT` (default: any), printed as `listening on http://...`.
 *
 * `GET /calls`: every call so far, in order. `POST /behaviour { kind, answer: 'hold' | 'at once' }`: whether calls of
 * that kind are answered only after the behaviour is set back.
 */
import { z } from 'zod'

const kinds = ['hold', 'charge', 'refund'] as const
type Kind = (typeof kinds)[number]

export interface ProviderCall {
  readonly kind: Kind
  readonly key: string
  readonly body: string
  /** True for the first call with this key: money moved. */
  readonly effect: boolean
  answered: boolean
}

const Behaviour = z.object({ kind: z.enum(kinds), answer: z.enum(['hold', 'at once']) })

const calls: ProviderCall[] = []
const gates = new Map<Kind, PromiseWithResolvers<void>>()

const server = Bun.serve({
  port: Number(process.env.PORT ?? 0),
  idleTimeout: 0,
  routes: {
    '/calls': { GET: () => Response.json(calls) },
    '/behaviour': {
      POST: async (request) => {
        const { kind, answer } = Behaviour.parse(await request.json())
        if (answer === 'hold' && !gates.has(kind)) gates.set(kind, Promise.withResolvers())
        if (answer === 'at once') gates.get(kind)?.resolve()
        if (answer === 'at once') gates.delete(kind)
        return new Response(null, { status: 204 })
      },
    },
    '/:kind': { POST: async (request) => await perform(z.enum(kinds).parse(request.params.kind), request) },
  },
})
console.log(`listening on ${server.url.origin}`)

async function perform(kind: Kind, request: Request): Promise<Response> {
  const key = request.headers.get('idempotency-key')
  if (key === null) return Response.json({ error: 'Idempotency-Key is missing' }, { status: 400 })
  const body = await request.text()
  const first = calls.find((call) => call.key === key)
  const call: ProviderCall = { kind, key, body, effect: first === undefined, answered: false }
  calls.push(call)
  if (first !== undefined && (first.body !== body || first.kind !== kind)) {
    return Response.json({ error: 'The key was used for another order' }, { status: 422 })
  }
  await gates.get(kind)?.promise
  call.answered = true
  return Response.json({ receipt: `${kind}-${Bun.hash(key).toString(36)}` })
}
