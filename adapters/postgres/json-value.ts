/** Values inside a jsonb column: lists and nested objects, whose parts have field types of their own. */
import type { FieldType } from '@justscale/core'

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
      const entries = Object.entries(type.fields).map(([name, field]) => [
        name,
        decodeJson(field.type, stored[name]) ?? undefined,
      ])
      return Object.fromEntries(entries)
    }
    case 'bytes':
      return new Uint8Array(Buffer.from(value as string, 'base64'))
    case 'bigint':
      return BigInt(value as string)
    case 'float':
    case 'double':
      return Number(value)
    case 'timestamp':
      return Temporal.Instant.from(value as string)
    case 'date':
      return Temporal.PlainDate.from(value as string)
    case 'time':
      return Temporal.PlainTime.from(value as string)
    case 'duration':
      return Temporal.Duration.from(value as string)
    default:
      return value
  }
}

function referenceText(value: unknown): string {
  return typeof value === 'object' && value !== null && 'identifier' in value ? String(value.identifier) : String(value)
}
