/**
 * Runs the calls of one socket: each in a cell of its own, side by side, at most so many at once. A client sends
 * `{ id, call, input }` and gets `{ reply: id, value }`, `{ reply: id, error }` with a problem, or for a stream an `item` each and
 * `done`; `{ cancel: id }` ends one.
 */
import { runInCell } from '@justscale/core/cell'
import { z } from 'zod'
import { HttpError, ResponseContractError, type Violation } from '../errors.ts'
import { problemDocument, problemParts } from '../response/problem.ts'
import { checkSchema, type Schema } from '../route/schema.ts'
import { procedureDescription, type ProcedureDescription, type Procedures } from './procedure.ts'
import type { SocketContext } from './socket-context.ts'

/** Calls of one socket that run at the same time. */
const MOST = 32

const Id = z.union([z.string().max(64), z.int()])
export const callSchema = z.union([
  z.object({ id: Id, call: z.string().max(100), input: z.unknown().optional() }),
  z.object({ cancel: Id }),
])
type Message = z.output<typeof callSchema>
type Call = Extract<Message, { readonly call: string }>

export interface CallsOptions {
  readonly procedures: Procedures
  /** Of the route, for messages. */
  readonly path: string
  readonly requestId: string
  readonly socket: SocketContext<unknown>
  /** What handlers are given besides the call's own. */
  readonly context: object
  readonly onError: (error: unknown) => void
}

export class ProcedureCalls {
  readonly #options: CallsOptions
  readonly #running = new Map<string | number, AbortController>()
  #serving: Promise<void> | undefined

  constructor(options: CallsOptions) {
    this.#options = options
  }

  /** Answers calls until the socket is closed; resolves when the last one has ended. */
  readonly serve = (): Promise<void> => (this.#serving ??= this.#serve())

  async #serve(): Promise<void> {
    const answering = new Set<Promise<void>>()
    for await (const received of this.#options.socket.messages) {
      const message = received as Message
      if ('cancel' in message) this.#running.get(message.cancel)?.abort()
      else {
        const answer = this.#answer(message).finally(() => answering.delete(answer))
        answering.add(answer)
      }
    }
    await Promise.all(answering)
  }

  /** Never rejects. */
  async #answer(call: Call): Promise<void> {
    const { socket, requestId, onError } = this.#options
    try {
      await this.#run(call)
    } catch (error) {
      if (socket.closed.aborted) return
      const parts = problemParts(error, requestId)
      if (parts.status >= 500) onError(error)
      await socket.send({ reply: call.id, error: problemDocument(parts) }).catch(onError)
    }
  }

  async #run({ id, call, input }: Call): Promise<void> {
    const { procedures, socket } = this.#options
    const procedure = procedures[call]?.[procedureDescription]
    if (procedure === undefined) throw new HttpError(404, `There is no procedure ${call}`)
    if (this.#running.has(id)) throw new HttpError(409, `The call ${id} is still running`)
    if (this.#running.size >= MOST) throw new HttpError(429, `At most ${MOST} calls may run at once`)
    const cancelled = new AbortController()
    this.#running.set(id, cancelled)
    try {
      const signal = AbortSignal.any([socket.closed, cancelled.signal])
      const own = { input: await checkedInput(procedure.input, input), signal }
      await this.#invoke(id, call, procedure, own)
    } finally {
      this.#running.delete(id)
    }
  }

  async #invoke(id: string | number, name: string, procedure: ProcedureDescription, own: { signal: AbortSignal }) {
    const { path, context, socket } = this.#options
    const cell = { name: `call ${name} of ${path}`, signal: own.signal }
    const handle = procedure.handle as (context: object) => unknown
    const shown = (value: unknown) => checkedResult(procedure.returns, value, `${name} of ${path}`)
    const result = await runInCell(cell, async () => {
      const given = await handle(withOwn(context, own))
      return isStream(given) ? { stream: given } : { value: await shown(given) }
    })
    if ('value' in result) return socket.send({ reply: id, value: result.value })
    const items = result.stream[Symbol.asyncIterator]()
    try {
      for (;;) {
        const item = await runInCell(cell, async () => {
          const next = await items.next()
          return next.done === true ? undefined : { item: await shown(next.value) }
        })
        if (item === undefined || own.signal.aborted) break
        await socket.send({ reply: id, ...item })
      }
    } finally {
      await runInCell(cell, () => items.return?.())
    }
    await socket.send({ reply: id, done: true })
  }
}

async function checkedInput(schema: Schema | undefined, value: unknown): Promise<unknown> {
  if (schema === undefined) return undefined
  const result = await checkSchema(schema, 'input', value)
  if ('violations' in result) throw new HttpError(422, 'The input is not valid', { violations: result.violations })
  return result.value
}

async function checkedResult(schema: Schema | undefined, value: unknown, what: string): Promise<unknown> {
  if (schema === undefined) return value
  const result = await checkSchema(schema, 'value', value)
  if ('violations' in result) throw new ResponseContractError(what, 200, problemText(result.violations))
  return result.value
}

function problemText(violations: readonly Violation[]): string {
  return violations.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join(', ')
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** The socket's context, which reads some of its members late, with those of the call before it. */
function withOwn(context: object, own: object): object {
  return new Proxy(context, {
    get: (target, name) =>
      (Object.hasOwn(own, name) ? Reflect.get(own, name) : Reflect.get(target, name, target)) as unknown,
    has: (target, name) => Object.hasOwn(own, name) || Reflect.has(target, name),
  })
}
