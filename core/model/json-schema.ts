/** Wraps a Standard Schema for `field.json`: checked synchronously, because writing a field is. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { DefinitionError } from '../errors.ts'
import type { JsonSchema } from './field-definition.ts'

export function jsonSchema(schema: StandardSchemaV1): JsonSchema {
  return {
    check(value) {
      const result = schema['~standard'].validate(value)
      if (result instanceof Promise) throw new DefinitionError('field.json needs a schema that validates synchronously')
      if (result.issues === undefined) return { value: result.value }
      return { failures: result.issues.map(issueText) }
    },
  }
}

function issueText(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return path === '' ? issue.message : `${path}: ${issue.message}`
}
