/** What of an entity may be printed or sent as it is: its fields without those marked `.secret()`, at any depth. */
import type { FieldDefinition, FieldType } from './field-definition.ts'

type Values = Readonly<Record<string, unknown>>

/** `mark` stands for each secret; without one, secrets are left out. */
export function visibleValues(
  fields: Readonly<Record<string, FieldDefinition>>,
  values: Values,
  mark?: string,
): Record<string, unknown> {
  const visible: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (!field.secret) visible[name] = visibleValue(field.type, values[name], mark)
    else if (mark !== undefined) visible[name] = mark
  }
  return visible
}

function visibleValue(type: FieldType, value: unknown, mark: string | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (type.kind === 'object') return visibleValues(type.fields, value as Values, mark)
  if (type.kind !== 'array' || !Array.isArray(value)) return value
  return value.map((each: unknown) => visibleValue(type.element, each, mark))
}
