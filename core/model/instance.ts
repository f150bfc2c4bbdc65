/** What instances hold, in the forms that storage needs; what of a locked one changed; how entities end and are printed. */
import { Reference, References } from '../reference/reference.ts'
import { checkedFields, checkedPatch } from './checked-values.ts'
import { copyValue, sameValue } from './compound-value.ts'
import { entityState, type EntityState, type FieldValues } from './entity-state.ts'
import type { StoredValues } from './entity-maker.ts'
import { modelFields, modelName } from './model-metadata.ts'
import { planOf } from './model-plan.ts'
import type { AnyModelClass } from './model-type.ts'
import { visibleValues } from './visible-values.ts'

/** What a new or locked entity holds, in storage form, checked once more where values can be changed in place. */
export function storedValues(entity: object): StoredValues {
  const state = stateOf(entity)
  const { fields, changeable } = planOf(state.model)
  const held = 'values' in state ? state.values : (entity as FieldValues)
  const suspects = 'values' in state && changeable.length > 0 ? checkedFields(state.model, changeable, held) : undefined
  const stored: Record<string, unknown> = {}
  for (const { name } of fields) {
    stored[name] = storedValue(suspects && Object.hasOwn(suspects, name) ? suspects[name] : held[name])
  }
  return stored
}

/** The fields of a locked entity that differ from what is stored, in storage form. */
export function changedValues(entity: object): StoredValues {
  const state = stateOf(entity)
  const changed: Record<string, unknown> = {}
  if (state.form !== 'locked') return changed
  const { values, saved } = state
  for (const field of planOf(state.model).fields) {
    const { name } = field
    if (!sameValue(values[name], saved[name])) changed[name] = field.changeable ? undefined : storedValue(values[name])
  }
  const suspects = planOf(state.model).changeable.filter(({ name }) => Object.hasOwn(changed, name))
  if (suspects.length === 0) return changed
  const checked = checkedFields(state.model, suspects, values)
  for (const { name } of suspects) changed[name] = storedValue(checked[name])
  return changed
}

/** Names of the fields that differ from what is stored, whether they could be stored or not. */
export function changedFields(entity: object): readonly string[] {
  const state = stateOf(entity)
  if (state.form !== 'locked') return []
  const { values, saved } = state
  return planOf(state.model)
    .fields.map(({ name }) => name)
    .filter((name) => !sameValue(values[name], saved[name]))
}

/** After a save: what a locked entity holds now is what is stored. */
export function acceptChanges(entity: object): void {
  const state = stateOf(entity)
  if (state.form !== 'locked') return
  const saved: FieldValues = {}
  for (const { name, changeable } of planOf(state.model).fields) {
    saved[name] = changeable ? copyValue(state.values[name]) : state.values[name]
  }
  state.saved = saved
}

/** Sets fields of a locked entity to checked values; gives what puts them back. */
export function assignChecked(entity: object, change: Readonly<FieldValues>): () => void {
  const state = stateOf(entity)
  if (state.form !== 'locked') throw new TypeError(`${entityName(entity)} is not locked`)
  const before: FieldValues = {}
  for (const name of Object.keys(change)) {
    before[name] = state.values[name]
    state.values[name] = change[name]
  }
  return () => void Object.assign(state.values, before)
}

/** Checked values in storage form. */
export function toStored(values: Readonly<FieldValues>): StoredValues {
  const stored: Record<string, unknown> = {}
  for (const name of Object.keys(values)) stored[name] = storedValue(values[name])
  return stored
}

/** A patch, checked, in storage form. */
export function storedPatch(model: AnyModelClass, patch: object): StoredValues {
  return toStored(checkedPatch(model, patch))
}

/** `Order(0192...)`, or `Order(new)`. */
export function entityName(entity: unknown): string {
  if (entity instanceof Reference) return entity.toString()
  const state = entityState(entity)
  if (state === undefined) return 'not an entity'
  return `${modelName(state.model)}(${state.form === 'transient' ? 'new' : state.identifier})`
}

export function disposeEntity(entity: object): void {
  const state = entityState(entity)
  if (state?.form === 'locked') state.hold.dispose(entity)
}

export async function disposeEntityAsync(entity: object): Promise<void> {
  const state = entityState(entity)
  if (state?.form === 'locked') await state.hold.disposeAsync(entity)
}

/** How consoles and logs print an entity: its name and fields, secrets left out. */
export function inspectEntity(entity: object, options: unknown, inspect: unknown): unknown {
  const state = entityState(entity)
  if (state === undefined) return Object.prototype.toString.call(entity)
  const values = 'values' in state ? state.values : (entity as FieldValues)
  const shown = visibleValues(modelFields(state.model), values, '[secret]')
  const print = typeof inspect === 'function' ? (inspect as (value: unknown, options: unknown) => string) : Bun.inspect
  return `${entityName(entity)} ${print(shown, options as Bun.BunInspectOptions)}`
}

/** What `JSON.stringify` makes of an entity, and so an answer that returns it: its fields, secrets left out. */
export function entityJson(entity: object): unknown {
  const state = entityState(entity)
  if (state === undefined) return { ...entity }
  return visibleValues(modelFields(state.model), 'values' in state ? state.values : (entity as FieldValues))
}

function stateOf(entity: object): EntityState {
  const state = entityState(entity)
  if (state === undefined) throw new TypeError('This object was not made by a model or a repository')
  return state
}

/** References as identifiers, absent values as null, all else a copy. */
export function storedValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value === undefined ? null : value
  if (value instanceof Reference) return value.identifier
  if (value instanceof References) return value.items.map((item) => item.identifier)
  return copyValue(value)
}
