/**
 * Log fields as data that any sink can write: errors with their causes, entities and references as `Order(0192...)`, secret
 * configuration as `[secret]`. Never throws, whatever is logged: a log line must not end the code that writes it.
 */
import { entityName } from '../model/instance.ts'
import { entityState } from '../model/entity-state.ts'
import { Reference, References } from '../reference/reference.ts'

type Fields = Readonly<Record<string, unknown>>

/** Objects within objects that are followed. */
const DEEPEST = 8

export function logFields(...all: readonly Fields[]): Record<string, unknown> {
  return Object.assign({}, ...all.map((fields) => dataOf(fields ?? {}, []))) as Record<string, unknown>
}

function loggable(value: unknown, within: readonly object[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (within.includes(value)) return '[circular]'
  if (within.length > DEEPEST) return '[...]'
  try {
    return objectData(value, [...within, value])
  } catch {
    return '[unprintable]'
  }
}

function objectData(value: object, within: readonly object[]): unknown {
  if (value instanceof Error) return errorData(value, within)
  if (value instanceof Reference || entityState(value) !== undefined) return entityName(value)
  if (value instanceof References) return value.items.map(entityName)
  if ('toJSON' in value && typeof value.toJSON === 'function') return loggable(value.toJSON(), within)
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`
  if (Array.isArray(value) || value instanceof Set || value instanceof Map)
    return Array.from(value, (each: unknown) => loggable(each, within))
  return dataOf(value as Fields, within)
}

function dataOf(fields: Fields, within: readonly object[]): Record<string, unknown> {
  const entries = Object.keys(fields).map((name) => [name, loggable(read(fields, name), within)] as const)
  return Object.fromEntries(entries)
}

/** A member that may be a getter which throws. */
function read(fields: Fields, name: string): unknown {
  try {
    return fields[name]
  } catch {
    return '[unprintable]'
  }
}

function errorData(error: Error, within: readonly object[]): Record<string, unknown> {
  return {
    name: error.name,
    message: error.message,
    ...('code' in error && { code: error.code }),
    ...('hint' in error && error.hint !== undefined && { hint: error.hint }),
    stack: error.stack,
    ...(error.cause instanceof Error && { cause: loggable(error.cause, within) }),
    ...(error instanceof AggregateError && { errors: error.errors.map((inner) => loggable(inner, within)) }),
  }
}
