/**
 * `Model.override`: a model with more fields and services for one app, which takes the place of the model it is made from.
 * Code that knows only the model goes on working: it may insert (so what is added can be left out), it reads the types it
 * knows (so a field that is defined again keeps its type), and the entities it gets are those of the override.
 */
import { DefinitionError } from '../errors.ts'
import type { FieldDefinition } from './field-definition.ts'
import { fieldDefinitions } from './field-definitions.ts'
import type { Fields } from './field-type.ts'
import { defineInjected } from './injected-service.ts'
import { modelMetadata, modelName, type ModelMetadata } from './model-metadata.ts'
import type { AnyModelClass, ModelOverride } from './model-type.ts'

/** The class for the override to extend. Throws `DefinitionError`. */
export function overrideModel(model: AnyModelClass, change: ModelOverride<Fields, unknown>): AnyModelClass {
  const before = model[modelMetadata]
  const name = modelName(model)
  const fields = fieldDefinitions(name, change.fields ?? {})
  for (const [field, definition] of Object.entries(fields)) checkField(name, field, definition, before.fields[field])
  const metadata: ModelMetadata = {
    name,
    fields: { ...before.fields, ...fields },
    inject: { ...before.inject, ...(change.inject as Record<string, unknown> | undefined) },
    identity: before.identity,
    overrides: model,
  }
  const base = model as unknown as new (input: unknown) => object
  class Override extends base {
    static readonly [modelMetadata] = metadata
  }
  for (const added of Object.keys(metadata.inject)) defineInjected(Override.prototype, added)
  return Override as unknown as AnyModelClass
}

function checkField(model: string, name: string, field: FieldDefinition, before: FieldDefinition | undefined): void {
  if (before === undefined) {
    if (field.optional || field.default !== undefined) return
    throw new DefinitionError(`${model}.override: the added field "${name}" must be optional or have a default`, {
      hint: `Code that knows only ${model} inserts entities without it. Write .optional() or .default(...).`,
    })
  }
  if (before.optional !== field.optional || shape(before) !== shape(field)) {
    throw new DefinitionError(`${model}.override: "${name}" must keep its type`, {
      hint: `Code that knows only ${model} reads and writes it. Its limits, default, indexes and the like may change.`,
    })
  }
}

/** What tells the types of values apart. */
function shape({ type }: FieldDefinition): string {
  if (type.kind === 'enum') return `enum ${type.values.join()}`
  if (type.kind === 'decimal') return `decimal as ${type.as}`
  if (type.kind === 'array') return `array of ${type.element.kind}`
  return type.kind
}
