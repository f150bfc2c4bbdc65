/** Turns whatever points at an entity into a reference of the wanted model. */
import { Reference } from '../reference/reference.ts'
import { entityState } from './entity-state.ts'
import { modelName, sameModel } from './model-metadata.ts'
import type { AnyModelClass } from './model-type.ts'

/** The reference, or why the value is none. */
export function referenceFrom(model: AnyModelClass, value: unknown): Reference<unknown> | string {
  const wanted = modelName(model)
  if (value instanceof Reference) {
    return sameModel(value.model, model)
      ? value
      : `must be a reference to ${wanted}, got one to ${modelName(value.model)}`
  }
  const state = entityState(value)
  if (state === undefined) return `must be a reference to ${wanted} or a stored ${wanted}, got ${typeof value}`
  if (!sameModel(state.model, model)) return `must be a reference to ${wanted}, got a ${modelName(state.model)}`
  if (state.form === 'transient') return `must be stored first: this ${wanted} is new`
  return new Reference(model, state.identifier, state.app)
}
