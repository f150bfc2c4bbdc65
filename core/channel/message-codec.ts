/**
 * Messages as text. JSON, plus references, `Temporal` values, dates, bytes and bigints as tagged objects. Locks and entities
 * are refused: what arrives elsewhere would be neither locked nor current; a reference says the same and stays true.
 */
import { entityName } from '../model/instance.ts'
import { entityState } from '../model/entity-state.ts'
import { modelName } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import { Reference, References } from '../reference/reference.ts'
import { MessageDecodeError, ProcessableEncodeError } from './errors.ts'

const tag = '$justscale'

type Tagged = { readonly [tag]: string; readonly value: unknown; readonly model?: string }

/** The message as text. Throws `ProcessableEncodeError` naming the place of what cannot be sent. */
export function encodeMessage(message: unknown): string {
  return JSON.stringify(encoded(message, 'message', []))
}

/** Throws `MessageDecodeError`. `modelOf` finds a model of the app by its name. */
export function decodeMessage(text: string, modelOf: (name: string) => AnyModelClass | undefined): unknown {
  return decoded(JSON.parse(text), modelOf)
}

function encoded(value: unknown, path: string, above: readonly object[]): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : tagged('number', String(value))
  if (typeof value === 'undefined') return tagged('undefined', null)
  if (typeof value === 'bigint') return tagged('bigint', String(value))
  if (typeof value !== 'object') throw refused(path, `a ${typeof value} cannot be sent`)
  if (above.includes(value)) throw refused(path, 'refers back to itself')
  const atom = encodedAtom(value, path)
  if (atom !== undefined) return atom
  const around = [...above, value]
  if (Array.isArray(value)) return value.map((item, index) => encoded(item, `${path}[${index}]`, around))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw refused(path, `an instance of ${value.constructor.name} cannot be sent`)
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  const plain = Object.fromEntries(entries.map(([name, inner]) => [name, encoded(inner, `${path}.${name}`, around)]))
  return tag in plain ? tagged('object', plain) : plain
}

function encodedAtom(value: object, path: string): Tagged | undefined {
  if (value instanceof Reference) return { ...tagged('ref', value.identifier), model: modelName(value.model) }
  if (value instanceof References)
    return tagged(
      'refs',
      value.items.map((item) => encodedAtom(item, path)),
    )
  if (value instanceof Uint8Array) return tagged('bytes', value.toBase64())
  if (value instanceof Date) return tagged('date', value.getTime())
  for (const [name, type] of Object.entries(temporalTypes))
    if (Object.getPrototypeOf(value) === type.prototype) return tagged(name, String(value))
  const state = entityState(value)
  if (state === undefined) return undefined
  const what =
    state.form === 'locked' ? 'Locked<T> cannot leave this process' : `the entity ${entityName(value)} cannot be sent`
  throw new ProcessableEncodeError(
    path,
    what,
    `Send ${modelName(state.model)}.ref(entity): the receiver awaits or locks it.`,
  )
}

function decoded(value: unknown, modelOf: (name: string) => AnyModelClass | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => decoded(item, modelOf))
  if (tag in value) return decodedTag(value as Tagged, modelOf)
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, decoded(inner, modelOf)]))
}

function decodedTag(value: Tagged, modelOf: (name: string) => AnyModelClass | undefined): unknown {
  const kind = value[tag]
  switch (kind) {
    case 'undefined':
      return undefined
    case 'number':
      return Number(value.value)
    case 'bigint':
      return BigInt(value.value as string)
    case 'bytes':
      return Uint8Array.fromBase64(value.value as string)
    case 'date':
      return new Date(value.value as number)
    case 'refs':
      return new References((value.value as Tagged[]).map((item) => decodedTag(item, modelOf) as Reference<unknown>))
    case 'ref':
      return decodedReference(value, modelOf)
    case 'object': {
      const plain = value.value as Record<string, unknown>
      return Object.fromEntries(Object.entries(plain).map(([name, inner]) => [name, decoded(inner, modelOf)]))
    }
  }
  const temporal = Object.entries(temporalTypes).find(([name]) => name === kind)
  if (temporal === undefined) throw new MessageDecodeError(`A message has a value of the unknown kind "${kind}"`)
  return temporal[1].from(value.value as string)
}

function decodedReference(value: Tagged, modelOf: (name: string) => AnyModelClass | undefined): Reference<unknown> {
  const model = modelOf(value.model ?? '')
  if (model !== undefined) return new Reference(model, value.value as string)
  throw new MessageDecodeError(`A message refers to the model ${value.model}, which has no repository in this app`)
}

interface TextType {
  readonly prototype: object
  from(text: string): unknown
}

/** Typed as one interface: a union of these classes has a `from` that takes the type checker seconds to resolve. */
const temporalTypes: Readonly<Record<string, TextType>> = {
  instant: Temporal.Instant,
  plainDate: Temporal.PlainDate,
  plainTime: Temporal.PlainTime,
  duration: Temporal.Duration,
}

function tagged(kind: string, value: unknown): Tagged {
  return { [tag]: kind, value }
}

function refused(path: string, what: string): ProcessableEncodeError {
  return new ProcessableEncodeError(path, what, 'Send plain data and references.')
}
