/** Standard Schemas at the edge: checks a value and gives the result, or what is wrong with it and where. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Violation } from '../errors.ts'

export type Schema = StandardSchemaV1
export type InputOf<S> = S extends Schema ? StandardSchemaV1.InferInput<S> : unknown
export type OutputOf<S> = S extends Schema ? StandardSchemaV1.InferOutput<S> : unknown

export type SchemaResult = { readonly value: unknown } | { readonly violations: readonly Violation[] }

/** Synchronous where the schema is. */
export function checkSchema(schema: Schema, place: string, value: unknown): SchemaResult | Promise<SchemaResult> {
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then((late) => resultOf(late, place)) : resultOf(result, place)
}

export function isSchema(value: unknown): value is Schema {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value
}

function resultOf(result: StandardSchemaV1.Result<unknown>, place: string): SchemaResult {
  if (result.issues === undefined) return { value: result.value }
  return {
    violations: result.issues.map((issue) => ({ in: place, path: pathText(issue.path), message: issue.message })),
  }
}

function pathText(path: StandardSchemaV1.Issue['path']): string {
  return (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
}
