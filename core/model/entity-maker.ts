/**
 * Makes instances. A new one has accessors that check and round what is assigned; a stored one has frozen values; a locked
 * one has accessors that also ask its lock, and remembers what was stored, to save only changes. One maker per model and
 * app: what does not change from row to row is worked out once.
 */
import { currentApp, type AppContext } from '../app/context.ts'
import { Reference, References } from '../reference/reference.ts'
import { checkedInput, checkedValue } from './checked-values.ts'
import { copyValue, freezeValue, sameValue } from './compound-value.ts'
import { entityState, stampEntity, type EntityState, type FieldValues, type LockHold } from './entity-state.ts'
import { modelName } from './model-metadata.ts'
import { planOf, type ModelPlan, type PlannedField } from './model-plan.ts'
import type { AnyModelClass } from './model-type.ts'

/** Values as storage has them: references as identifiers, absent values as null, all else in the field's own form. */
export type StoredValues = Readonly<Record<string, unknown>>

/** What the constructor of a stored instance gets instead of input. */
class Hydration {
  readonly prototype: object

  constructor(prototype: object) {
    this.prototype = prototype
  }
}

/** Called by the model's constructor: the object that it gives back. */
export function constructInstance(model: AnyModelClass, input: unknown): object {
  if (input instanceof Hydration) return Object.create(input.prototype) as object
  const app = currentApp()
  const instance = Object.create(app?.prototypeOf(model) ?? model.prototype) as object
  stampEntity(instance, { form: 'transient', model, values: checkedInput(model, input) })
  return Object.defineProperties(instance, accessorsOf(model))
}

export class EntityMaker {
  readonly #app: AppContext
  readonly #model: AnyModelClass
  readonly #plan: ModelPlan
  readonly #hydration: Hydration
  readonly #Class: new (input: Hydration) => Record<string, unknown>
  /** Fields that a plain assignment would not make the instance's own. */
  readonly #shadowed: ReadonlySet<string> | undefined

  constructor(app: AppContext, model: AnyModelClass) {
    const prototype = app.prototypeOf(model)
    this.#app = app
    this.#model = model
    this.#plan = planOf(model)
    this.#hydration = new Hydration(prototype)
    this.#Class = model as unknown as new (input: Hydration) => Record<string, unknown>
    const shadowed = this.#plan.fields.map(({ name }) => name).filter((name) => name in prototype)
    this.#shadowed = shadowed.length > 0 ? new Set(shadowed) : undefined
  }

  /** A stored entity as read: frozen, of this app. Freezes the lists and objects in `stored`. */
  persistent(identifier: string, stored: StoredValues): object {
    const instance = new this.#Class(this.#hydration)
    stampEntity(instance, { form: 'persistent', model: this.#model, identifier, app: this.#app })
    for (const field of this.#plan.fields) {
      const value = this.#loaded(field, stored[field.name])
      if (field.changeable) freezeValue(value)
      if (this.#shadowed !== undefined && this.#shadowed.has(field.name))
        Object.defineProperty(instance, field.name, { value, enumerable: true })
      else instance[field.name] = value
    }
    return Object.freeze(instance)
  }

  /** A stored entity that `hold` keeps locked: writable while it does. */
  locked(identifier: string, stored: StoredValues, hold: LockHold): object {
    const instance = new this.#Class(this.#hydration)
    const saved: FieldValues = {}
    const values: FieldValues = {}
    for (const field of this.#plan.fields) {
      const value = this.#loaded(field, stored[field.name])
      saved[field.name] = value
      values[field.name] = field.changeable ? copyValue(value) : value
    }
    stampEntity(instance, { form: 'locked', model: this.#model, identifier, app: this.#app, hold, values, saved })
    // What is no field would not be saved, and it would not be told.
    return Object.preventExtensions(Object.defineProperties(instance, accessorsOf(this.#model)))
  }

  /** `stored` was written past the locked `entity`: takes it over, except for fields that were changed and not saved. */
  refresh(entity: object, stored: StoredValues): void {
    const state = entityState(entity)
    if (state?.form !== 'locked') return
    const saved: FieldValues = { ...state.saved }
    for (const field of this.#plan.fields) {
      const { name } = field
      if (!Object.hasOwn(stored, name)) continue
      const value = this.#loaded(field, stored[name])
      if (sameValue(state.values[name], saved[name])) state.values[name] = field.changeable ? copyValue(value) : value
      saved[name] = value
    }
    state.saved = saved
  }

  #loaded(field: PlannedField, value: unknown): unknown {
    if (field.reference === 'many') {
      const identifiers = (value ?? []) as readonly string[]
      return new References(identifiers.map((each) => new Reference(field.target(), each, this.#app)))
    }
    if (value === null || value === undefined) return undefined
    return field.reference === 'one' ? new Reference(field.target(), value as string, this.#app) : value
  }
}

const makers = new WeakMap<AppContext, Map<AnyModelClass, EntityMaker>>()

export function entityMaker(app: AppContext, model: AnyModelClass): EntityMaker {
  let ofApp = makers.get(app)
  if (ofApp === undefined) makers.set(app, (ofApp = new Map()))
  let maker = ofApp.get(model)
  if (maker === undefined) ofApp.set(model, (maker = new EntityMaker(app, model)))
  return maker
}

/** A stored entity as read. */
export function makePersistent(
  app: AppContext,
  model: AnyModelClass,
  identifier: string,
  stored: StoredValues,
): object {
  return entityMaker(app, model).persistent(identifier, stored)
}

/** A stored entity that `hold` keeps locked. */
export function makeLocked(
  app: AppContext,
  model: AnyModelClass,
  identifier: string,
  stored: StoredValues,
  hold: LockHold,
): object {
  return entityMaker(app, model).locked(identifier, stored, hold)
}

const accessors = new WeakMap<AnyModelClass, PropertyDescriptorMap>()

/** One set of accessors per model, shared by its new and locked instances. */
function accessorsOf(model: AnyModelClass): PropertyDescriptorMap {
  const made = accessors.get(model)
  if (made !== undefined) return made
  const descriptors: PropertyDescriptorMap = {}
  for (const field of planOf(model).fields) {
    const { name } = field
    descriptors[name] = {
      enumerable: true,
      get(this: object) {
        return writableState(this).values[name]
      },
      set(this: object, value: unknown) {
        const state = writableState(this)
        state.values[name] = checkedValue(state.model, field, value)
      },
    }
  }
  accessors.set(model, descriptors)
  return descriptors
}

function writableState(entity: object): Exclude<EntityState, { form: 'persistent' }> {
  const state = entityState(entity)
  if (state === undefined) throw new TypeError('This object was not made by a model or a repository')
  if (state.form === 'persistent')
    throw new TypeError(`${modelName(state.model)}(${state.identifier}) is read-only: lock it with repo.lock(ref)`)
  if (state.form === 'locked') state.hold.check()
  return state
}
