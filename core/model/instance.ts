/**
 * Instances and their forms. A new instance has accessors that check and round what is assigned; a stored one has frozen
 * values; a locked one has accessors that also ask its lock, and remembers what was stored, to save only changes.
 * Adapters make stored and locked ones here and read what changed.
 */
import { currentApp, type AppContext } from '../app/context.ts'
import { Reference, References } from '../reference/reference.ts'
import { copyValue, freezeValue, sameValue } from './compound-value.ts'
import { entityState, stampEntity, type EntityState, type FieldValues, type LockHold } from './entity-state.ts'
import { FieldValidationError, type FieldFailure } from './errors.ts'
import type { FieldDefinition } from './field-definition.ts'
import { definedValue } from './field-value.ts'
import { modelFields, modelName } from './model-metadata.ts'
import type { AnyModelClass } from './model-type.ts'

/** Values as storage has them: references as identifiers, absent values as null, all else in the field's own form. */
export type StoredValues = Readonly<Record<string, unknown>>

/** What the constructor of a stored instance gets instead of input. */
class Hydration {
  readonly app: AppContext

  constructor(app: AppContext) {
    this.app = app
  }
}

/** Called by the model's constructor: the object that it gives back. */
export function constructInstance(model: AnyModelClass, input: unknown): object {
  if (input instanceof Hydration) return Object.create(input.app.prototypeOf(model)) as object
  const app = currentApp()
  const instance = Object.create(app?.prototypeOf(model) ?? model.prototype) as object
  stampEntity(instance, { form: 'transient', model, values: checkedInput(model, input) })
  return Object.defineProperties(instance, accessorsOf(model))
}

/** A stored entity as read: frozen, of this app. */
export function makePersistent(
  app: AppContext,
  model: AnyModelClass,
  identifier: string,
  stored: StoredValues,
): object {
  const instance = hydrate(app, model)
  stampEntity(instance, { form: 'persistent', model, identifier, app })
  const values = loadedValues(app, model, stored)
  for (const name of Object.keys(values)) {
    Object.defineProperty(instance, name, { value: freezeValue(values[name]), enumerable: true })
  }
  return Object.freeze(instance)
}

/** A stored entity that `hold` keeps locked: writable while it does. */
export function makeLocked(
  app: AppContext,
  model: AnyModelClass,
  identifier: string,
  stored: StoredValues,
  hold: LockHold,
): object {
  const instance = hydrate(app, model)
  const saved = loadedValues(app, model, stored)
  const values = Object.fromEntries(Object.entries(saved).map(([name, value]) => [name, copyValue(value)]))
  stampEntity(instance, { form: 'locked', model, identifier, app, hold, values, saved })
  return Object.defineProperties(instance, accessorsOf(model))
}

/** The values of a new entity's input, defaults applied. Throws `FieldValidationError` listing all that is wrong. */
export function checkedInput(model: AnyModelClass, input: unknown): FieldValues {
  const given = (input ?? {}) as FieldValues
  const fields = modelFields(model)
  return checkedValues(model, given, Object.keys(fields), unknownNames(given, fields))
}

/** The values of a patch, checked as `checkedInput` does; only the fields it names. */
export function checkedPatch(model: AnyModelClass, patch: object): FieldValues {
  const given = patch as FieldValues
  const fields = modelFields(model)
  const names = Object.keys(given).filter((name) => Object.hasOwn(fields, name))
  return checkedValues(model, given, names, unknownNames(given, fields))
}

/** What a new or locked entity holds, in storage form, checked once more where values can be changed in place. */
export function storedValues(entity: object): StoredValues {
  const state = stateOf(entity)
  const values = 'values' in state ? checkedPatch(state.model, state.values) : (entity as FieldValues)
  return toStored(values, Object.keys(modelFields(state.model)))
}

/** The fields of a locked entity that differ from what is stored, in storage form. */
export function changedValues(entity: object): StoredValues {
  const state = stateOf(entity)
  if (state.form !== 'locked') return {}
  const names = Object.keys(state.values).filter((name) => !sameValue(state.values[name], state.saved[name]))
  const changed = Object.fromEntries(names.map((name) => [name, state.values[name]]))
  return toStored(checkedPatch(state.model, changed), names)
}

/** After a save: what a locked entity holds now is what is stored. */
export function acceptChanges(entity: object): void {
  const state = stateOf(entity)
  if (state.form !== 'locked') return
  state.saved = Object.fromEntries(Object.entries(state.values).map(([name, value]) => [name, copyValue(value)]))
}

/** Checked values in storage form. */
export function toStored(values: FieldValues, names: readonly string[] = Object.keys(values)): StoredValues {
  return Object.fromEntries(names.map((name) => [name, storedValue(values[name])]))
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
  const fields = modelFields(state.model)
  const values = 'values' in state ? state.values : (entity as FieldValues)
  const shown = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.secret ? '[secret]' : values[name]]),
  )
  const print = typeof inspect === 'function' ? (inspect as (value: unknown, options: unknown) => string) : Bun.inspect
  return `${entityName(entity)} ${print(shown, options as Bun.BunInspectOptions)}`
}

function stateOf(entity: object): EntityState {
  const state = entityState(entity)
  if (state === undefined) throw new TypeError('This object was not made by a model or a repository')
  return state
}

function hydrate(app: AppContext, model: AnyModelClass): object {
  const Class = model as unknown as new (input: Hydration) => object
  return new Class(new Hydration(app))
}

function loadedValues(app: AppContext, model: AnyModelClass, stored: StoredValues): FieldValues {
  const entries = Object.entries(modelFields(model))
  return Object.fromEntries(entries.map(([name, field]) => [name, loadedValue(app, field, stored[name])]))
}

function loadedValue(app: AppContext, field: FieldDefinition, value: unknown): unknown {
  const { type } = field
  if (type.kind === 'refs')
    return new References(((value ?? []) as string[]).map((id) => new Reference(type.target(), id, app)))
  if (value === null || value === undefined) return undefined
  return type.kind === 'ref' ? new Reference(type.target(), value as string, app) : value
}

function storedValue(value: unknown): unknown {
  if (value instanceof Reference) return value.identifier
  if (value instanceof References) return value.items.map((item) => item.identifier)
  return value === undefined ? null : copyValue(value)
}

function checkedValues(
  model: AnyModelClass,
  given: FieldValues,
  names: readonly string[],
  unknown: readonly string[],
): FieldValues {
  const fields = modelFields(model)
  const values: FieldValues = {}
  const failures: FieldFailure[] = unknown.map((path) => ({ path, message: 'is not a field' }))
  for (const name of names) {
    const checked = definedValue(fields[name] as FieldDefinition, given[name], name)
    if (checked.ok) values[name] = checked.value
    else failures.push(...checked.failures)
  }
  if (failures.length > 0) throw new FieldValidationError(modelName(model), failures)
  return values
}

function unknownNames(given: FieldValues, fields: Readonly<Record<string, FieldDefinition>>): readonly string[] {
  return Object.keys(given).filter((name) => !Object.hasOwn(fields, name))
}

const accessors = new WeakMap<AnyModelClass, PropertyDescriptorMap>()

/** One set of accessors per model, shared by its new and locked instances. */
function accessorsOf(model: AnyModelClass): PropertyDescriptorMap {
  const made = accessors.get(model)
  if (made !== undefined) return made
  const descriptors: PropertyDescriptorMap = {}
  for (const name of Object.keys(modelFields(model))) {
    descriptors[name] = {
      enumerable: true,
      get(this: object) {
        return writableState(this).values[name]
      },
      set(this: object, value: unknown) {
        const state = writableState(this)
        state.values[name] = checkedPatch(state.model, { [name]: value })[name]
      },
    }
  }
  accessors.set(model, descriptors)
  return descriptors
}

function writableState(entity: object): Exclude<EntityState, { form: 'persistent' }> {
  const state = stateOf(entity)
  if (state.form === 'persistent')
    throw new TypeError(`${entityName(entity)} is read-only: lock it with repo.lock(ref)`)
  if (state.form === 'locked') state.hold.check()
  return state
}
