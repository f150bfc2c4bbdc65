/** Values inside a jsonb column: lists and nested objects, whose parts have field types of their own. */
import type { FieldType } from '@justscale/core'
import { fromServerText, toServerText } from './calendar-text.ts'

/** Absent parts are left out of objects and null in lists. */
export function encodeJson(type: FieldType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'array':
      return (value as readonly unknown[]).map((item) => encodeJson(type.element, item))
    case 'object': {
      const given = value as Readonly<Record<string, unknown>>
      const present = Object.entries(type.fields).filter(([name]) => given[name] !== undefined && given[name] !== null)
      return Object.fromEntries(present.map(([name, field]) => [name, encodeJson(field.type, given[name])]))
    }
    case 'bytes':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'float':
    case 'double':
      return Number.isFinite(value) ? value : String(value)
    case 'ref':
      return referenceText(value)
    case 'refs':
      return [...(value as Iterable<unknown>)].map(referenceText)
    case 'json':
    case 'boolean':
    case 'int':
    case 'smallint':
      return value
    case 'decimal':
      return type.as === 'number' ? value : String(value)
    case 'timestamp':
    case 'date':
      return toServerText(String(value))
    default:
      return String(value)
  }
}

export function decodeJson(type: FieldType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'array':
      return (value as readonly unknown[]).map((item) => decodeJson(type.element, item))
    case 'object': {
      const stored = value as Readonly<Record<string, unknown>>
      const decoded: Record<string, unknown> = {}
      for (const [name, field] of Object.entries(type.fields)) {
        decoded[name] = decodeJson(field.type, stored[name]) ?? undefined
      }
      return decoded
    }
    case 'bytes':
      return new Uint8Array(Buffer.from(value as string, 'base64'))
    default: {
      const decode = decodeScalar(type)
      return decode ? decode(value) : value
    }
  }
}

/** Values that are text or numbers, in a column of their own or inside JSON; `undefined` where they are read as they are. */
export function decodeScalar(type: FieldType): ((value: unknown) => unknown) | undefined {
  switch (type.kind) {
    case 'bigint':
      return (value) => BigInt(value as string)
    case 'decimal':
      return type.as === 'number' ? Number : undefined
    case 'float':
      return (value) => Math.fround(Number(value))
    case 'double':
      return Number
    case 'timestamp':
      return (value) => Temporal.Instant.from(fromServerText(value as string))
    case 'date':
      return (value) => Temporal.PlainDate.from(fromServerText(value as string))
    case 'time':
      return (value) => Temporal.PlainTime.from(value as string)
    case 'duration':
      return (value) => Temporal.Duration.from(value as string)
    default:
      return undefined
  }
}

function referenceText(value: unknown): string {
  return typeof value === 'object' && value !== null && 'identifier' in value ? String(value.identifier) : String(value)
}
