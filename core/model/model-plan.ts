/**
 * What instances of a model do with each of its fields, worked out once per model: everything that runs per row or per
 * assignment looks here instead of walking the definition again.
 */
import type { FieldDefinition } from './field-definition.ts'
import { modelFields } from './model-metadata.ts'
import type { AnyModelClass } from './model-type.ts'

export interface PlannedField {
  readonly name: string
  readonly definition: FieldDefinition
  /** The value can be changed in place: copied when taken over, checked again when stored. */
  readonly changeable: boolean
  /** Entities hold references where storage holds identifiers. */
  readonly reference: 'one' | 'many' | undefined
  /** The model that references point at. Only of reference fields; asked late, because models may refer to each other. */
  target(): AnyModelClass
}

export interface ModelPlan {
  readonly fields: readonly PlannedField[]
  /** Those whose values can be changed in place. */
  readonly changeable: readonly PlannedField[]
  readonly byName: ReadonlyMap<string, PlannedField>
}

const plans = new WeakMap<AnyModelClass, ModelPlan>()

export function planOf(model: AnyModelClass): ModelPlan {
  const made = plans.get(model)
  if (made !== undefined) return made
  const fields = Object.entries(modelFields(model)).map(([name, definition]) => plannedField(name, definition))
  const changeable = fields.filter((field) => field.changeable)
  const plan: ModelPlan = { fields, changeable, byName: new Map(fields.map((field) => [field.name, field])) }
  plans.set(model, plan)
  return plan
}

function plannedField(name: string, definition: FieldDefinition): PlannedField {
  const { type } = definition
  return {
    name,
    definition,
    changeable: type.kind === 'array' || type.kind === 'object' || type.kind === 'json' || type.kind === 'bytes',
    reference: type.kind === 'ref' ? 'one' : type.kind === 'refs' ? 'many' : undefined,
    target: type.kind === 'ref' || type.kind === 'refs' ? type.target : noTarget,
  }
}

function noTarget(): never {
  throw new TypeError('Only reference fields have a target')
}
