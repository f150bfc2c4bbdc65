/** What a model class carries under one symbol: its fields and what it injects, as data. */
import type { FieldDefinitions } from './field-definition.ts'
import type { AnyModelClass } from './model-type.ts'

export const modelMetadata: unique symbol = Symbol('justscale.model')

export interface ModelMetadata {
  /** The name given in the definition; without one the class's name counts. */
  readonly name: string | undefined
  readonly fields: FieldDefinitions
  readonly inject: Readonly<Record<string, unknown>>
  /** The same object for a model and its overrides. */
  readonly identity: object
  /** For an override: the model that it was made from. */
  readonly overrides?: AnyModelClass
}

export function isModelClass(value: unknown): value is AnyModelClass {
  return typeof value === 'function' && modelMetadata in value
}

/** The name in messages, tables and references: `Order`. */
export function modelName(model: AnyModelClass): string {
  return model[modelMetadata].name ?? (model.name === '' ? 'anonymous model' : model.name)
}

export function modelFields(model: AnyModelClass): FieldDefinitions {
  return model[modelMetadata].fields
}

/** True for a model and its overrides: their entities are interchangeable. */
export function sameModel(one: AnyModelClass, other: AnyModelClass): boolean {
  return one === other || one[modelMetadata].identity === other[modelMetadata].identity
}

/** True for a model itself and for its overrides: their entities have all that the model's have. */
export function isModelOrOverride(candidate: AnyModelClass, model: AnyModelClass): boolean {
  for (let each: AnyModelClass | undefined = candidate; each !== undefined; each = each[modelMetadata].overrides) {
    if (each === model || each[modelMetadata] === model[modelMetadata]) return true
  }
  return false
}

/** The name of the class, which for an override is not that of its tables and references. */
export function className(model: AnyModelClass): string {
  return model[modelMetadata].overrides === undefined || model.name === '' ? modelName(model) : model.name
}
