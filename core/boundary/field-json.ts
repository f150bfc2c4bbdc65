/** Field values as JSON, and the JSON schema of each: what views and documentation show. */
import { z } from 'zod'
import type { FieldDefinition, FieldType } from '../model/field-definition.ts'
import { modelName } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import { Reference, References } from '../reference/reference.ts'

/** The value as JSON: ISO text for times, base64 for bytes, text for references and 64-bit integers. */
export function fieldJson(type: FieldType, value: unknown): unknown {
  if (value === undefined || value === null) return undefined
  if (value instanceof Reference) return value.identifier
  if (value instanceof References) return value.items.map((item) => item.identifier)
  if (value instanceof Uint8Array) return value.toBase64()
  if (type.kind === 'array') return (value as readonly unknown[]).map((item) => fieldJson(type.element, item))
  if (type.kind === 'object') return objectJson(type, value as Readonly<Record<string, unknown>>)
  return typeof value === 'bigint' || isTemporal(type) ? String(value) : value
}

/** Schema of `fieldJson`'s result. */
export function fieldSchema(definition: FieldDefinition): z.ZodType {
  const schema = typeSchema(definition.type)
  return definition.optional ? schema.optional() : schema
}

function typeSchema(type: FieldType): z.ZodType {
  switch (type.kind) {
    case 'string':
      return type.max === undefined ? z.string() : z.string().max(type.max)
    case 'text':
    case 'bigint':
      return z.string()
    case 'int':
    case 'smallint':
      return z.int()
    case 'decimal':
      return type.as === 'number' ? z.number() : z.string()
    case 'float':
    case 'double':
      return z.number()
    case 'boolean':
      return z.boolean()
    case 'uuid':
      return z.guid()
    case 'timestamp':
      return z.string().meta({ format: 'date-time' })
    case 'date':
      return z.string().meta({ format: 'date' })
    case 'time':
      return z.string().meta({ format: 'time' })
    case 'duration':
      return z.string().meta({ format: 'duration' })
    case 'bytes':
      return z.string().meta({ contentEncoding: 'base64' })
    case 'json':
      return z.unknown()
    case 'enum':
      return z.enum(type.values as [string, ...string[]])
    case 'array':
      return z.array(typeSchema(type.element))
    case 'object':
      return z.object(
        Object.fromEntries(Object.entries(type.fields).map(([name, inner]) => [name, fieldSchema(inner)])),
      )
    case 'ref':
      return referenceText(type.target)
    case 'refs':
      return z.array(referenceText(type.target))
  }
}

function referenceText(target: () => AnyModelClass): z.ZodType {
  const name = modelName(target())
  return z.string().meta({ description: `Reference to ${name}`, 'x-justscale-ref': name })
}

function objectJson(type: FieldType & { kind: 'object' }, value: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(
    Object.entries(type.fields).map(([name, inner]) => [name, fieldJson(inner.type, value[name])]),
  )
}

function isTemporal(type: FieldType): boolean {
  return type.kind === 'timestamp' || type.kind === 'date' || type.kind === 'time' || type.kind === 'duration'
}
