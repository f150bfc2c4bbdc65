/**
 * Signals: typed messages to processes, routed by the parameters of their path. `defineSignals` makes callables; calling
 * one emits through the engine of the async context. Inside a process, `signal(definition)` waits for one.
 */
import { createHash } from 'node:crypto'
import { SignalRouteError } from '../errors.ts'
import type { SignalDefinition } from '../program/wait.ts'
import type { SignalEmission } from '../store/records.ts'
import type { ValueCodec } from '../value/codec.ts'
import { ValueTooLargeError } from '../value/errors.ts'
import { requireEngine } from './engine-context.ts'
import { encoded, pathParameters } from './path.ts'

/** More parameters would mean too many routing keys per emission: every subset is one. */
const MOST_PARAMETERS = 6

/** Characters of a routing key at most: it is a key of an index. Of a longer one its hash stands for it. */
const LONGEST_KEY = 2_000

/** A signal. `Payload` is what a process receives: its path parameters and its data. */
export interface Signal<Payload extends object, Emitted extends object = Payload> extends SignalDefinition {
  /** Emits it. In a step: with the step's commit. Else at once, when the promise resolves. */
  (payload: Emitted): Promise<void>
  /** Carries the type; never there at run time. */
  readonly payload?: Payload
}

type ParameterNames<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? ParameterNames<Segment> | ParameterNames<Rest>
  : Path extends `:${infer Name}`
    ? Name
    : never

export interface SignalBuilder<Params extends object> extends Signal<Params> {
  /** The same signal with data beside its parameters. */
  data<Data extends object>(): Signal<Params & Data>
}

export type SignalFactory = <const Path extends string>(
  path: Path,
) => SignalBuilder<{ readonly [Name in ParameterNames<Path>]: string }>

/** Defines signals for an engine that stands alone. */
export function defineSignals<Signals extends Record<string, SignalDefinition>>(
  define: (signal: SignalFactory) => Signals,
): Signals {
  return define(((path: string) => {
    const made = makeSignal(path, (definition, payload) =>
      requireEngine(`the signal ${path}`).emit(definition, payload),
    )
    return Object.assign(made, { data: () => made })
  }) as SignalFactory)
}

/** A signal with its own way to be emitted: what frameworks build theirs from. */
export function makeSignal<Payload extends object>(
  path: string,
  emit: (definition: SignalDefinition, payload: object) => Promise<void>,
): Signal<Payload> {
  const params = pathParameters(path)
  if (params.length > MOST_PARAMETERS)
    throw new SignalRouteError(`The signal ${path} has more than ${MOST_PARAMETERS} parameters`)
  const made = (payload: object) => emit(made as unknown as SignalDefinition, payload)
  Object.defineProperties(made, { name: { value: path }, params: { value: params } })
  return made as unknown as Signal<Payload>
}

/** The routing key of a signal by some of its parameters, which `texts` holds. */
export function routingKey(
  signal: SignalDefinition,
  names: readonly string[],
  texts: Readonly<Record<string, string>>,
): string {
  const pairs = signal.params.filter((name) => names.includes(name)).map((name) => `${name}=${encoded(name, texts)}`)
  const key = `${signal.name}?${pairs.join('&')}`
  return key.length <= LONGEST_KEY ? key : `${signal.name}?#${createHash('sha256').update(key).digest('hex')}`
}

/** What the store is given of an emission: one key per subset of the parameters, and the whole payload. */
export function emissionOf(
  signal: SignalDefinition,
  payload: object,
  codec: ValueCodec,
  textOf: (value: unknown) => string,
): SignalEmission {
  if (typeof payload !== 'object' || payload === null)
    throw new SignalRouteError(`The signal ${signal.name} is emitted with ${String(payload)}, which is no object`)
  const texts: Record<string, string> = {}
  for (const name of signal.params) {
    const value: unknown = Reflect.get(payload, name)
    if (value === undefined || value === null) {
      throw new SignalRouteError(`The signal ${signal.name} is emitted without its parameter '${name}'`)
    }
    texts[name] = textOf(value)
  }
  const keys = subsets(signal.params).map((names) => routingKey(signal, names, texts))
  return { signal: signal.name, keys, payload: codec.encodeValue(payload, `payload of ${signal.name}`) }
}

/** Whoever receives it would fail: no process holds more than `limit` bytes of values. Throws `ValueTooLargeError`. */
export function refuseLarge({ signal, payload }: SignalEmission, limit: number): void {
  if (payload.length <= limit) return
  throw new ValueTooLargeError(
    `The payload of ${signal} is ${payload.length} bytes; a process holds ${limit} at most, so none could receive it`,
    { hint: 'Store the data elsewhere and emit a reference to it, or raise `limits.error` of the engine.' },
  )
}

function subsets(names: readonly string[]): readonly (readonly string[])[] {
  return names.reduce<readonly (readonly string[])[]>(
    (sets, name) => [...sets, ...sets.map((set) => [...set, name])],
    [[]],
  )
}
