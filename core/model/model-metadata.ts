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
