/**
 * `defineModel`: makes the class that a model extends. Its instances hold the fields as own properties; their prototype is
 * the app's service object of the model (its injected services), and behind it the class body. What an instance may do by
 * its form is enforced here at run time: see `instance.ts`.
 */
import { requireApp } from '../app/context.ts'
import { DefinitionError } from '../errors.ts'
import { makeFieldReferences, type AnyFieldReference } from '../query/make-field-reference.ts'
import { Condition } from '../query/condition.ts'
import { MalformedReferenceError } from '../reference/errors.ts'
import { Reference, References } from '../reference/reference.ts'
import { isReferenceText } from '../reference/reference-text.ts'
import type { FieldDefinition } from './field-definition.ts'
import { AnyField, type Fields } from './field-type.ts'
import { constructInstance, disposeEntity, disposeEntityAsync, entityName, inspectEntity } from './instance.ts'
import { modelMetadata, modelName, type ModelMetadata } from './model-metadata.ts'
import type { AnyModelClass, ModelConstructor, ModelKey, ModelOverride } from './model-type.ts'
import { referenceFrom } from './reference-from.ts'

/** Names that a field cannot have: they mean something else on every entity. */
export interface ReservedFields {
  readonly id?: never
  readonly then?: never
  readonly toJSON?: never
}

const reserved = ['id', 'then', 'constructor', 'toJSON', '__proto__', 'prototype']

export interface ModelDefinition<Name extends string, F extends Fields, Injected> {
  /** Optional; the class name if left out. Two models of the same fields are the same type unless named. */
  readonly name?: Name
  readonly fields: F & ReservedFields
  /** Services reachable on `this` in the model's methods. */
  readonly inject?: Injected
}

/** The class for a model to extend: `class Order extends defineModel({ fields: {...} }) {}`. */
export function defineModel<const Name extends string, F extends Fields, Injected = unknown>(
  definition: ModelDefinition<Name, F, Injected>,
): ModelConstructor<ModelKey<Name, F>, F, Injected> {
  const metadata: ModelMetadata = {
    name: definition.name,
    fields: fieldDefinitions(definition.name ?? 'model', definition.fields),
    inject: { ...(definition.inject as Record<string, unknown> | undefined) },
    identity: {},
  }
  return makeModelClass(metadata) as unknown as ModelConstructor<ModelKey<Name, F>, F, Injected>
}

function makeModelClass(metadata: ModelMetadata): AnyModelClass {
  class Model {
    static readonly [modelMetadata] = metadata

    constructor(input: unknown) {
      return constructInstance(new.target as unknown as AnyModelClass, input) as this
    }

    static get fields(): Readonly<Record<string, AnyFieldReference>> {
      return ownFieldReferences(this as unknown as AnyModelClass)
    }

    static get all(): Condition<unknown> {
      return new Condition({ kind: 'always', holds: true })
    }

    static ref(target: unknown, ...values: readonly unknown[]): Reference<unknown> {
      return makeReference(this as unknown as AnyModelClass, target, values)
    }

    static refs(targets: Iterable<unknown>): References<unknown> {
      const model = this as unknown as AnyModelClass
      return new References([...targets].map((target) => makeReference(model, target, [])))
    }

    static override(change: ModelOverride<Fields, unknown>): AnyModelClass {
      return overrideModel(this as unknown as AnyModelClass, change)
    }

    [Symbol.dispose](): void {
      disposeEntity(this)
    }

    [Symbol.asyncDispose](): Promise<void> {
      return disposeEntityAsync(this)
    }

    toString(): string {
      return entityName(this)
    }

    [Symbol.for('nodejs.util.inspect.custom')](depth: number, options: unknown, inspect: unknown): unknown {
      return inspectEntity(this, options, inspect)
    }
  }
  for (const name of Object.keys(metadata.inject)) defineInjected(Model.prototype, name)
  return Model as unknown as AnyModelClass
}

/** On the class itself an injected service is found through the current app; an app's own prototype has it as a value. */
function defineInjected(prototype: object, name: string): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: false,
    get(this: object) {
      const model = this.constructor as AnyModelClass
      const service = requireApp(`${modelName(model)}.${name}`).prototypeOf(model)
      return Reflect.get(service, name) as unknown
    },
  })
}

const fieldReferences = new WeakMap<AnyModelClass, Readonly<Record<string, AnyFieldReference>>>()

function ownFieldReferences(model: AnyModelClass): Readonly<Record<string, AnyFieldReference>> {
  const made = fieldReferences.get(model) ?? makeFieldReferences(model, model[modelMetadata].fields)
  fieldReferences.set(model, made)
  return made
}

function makeReference(model: AnyModelClass, target: unknown, values: readonly unknown[]): Reference<unknown> {
  if (typeof target === 'string') return referenceTo(model, target)
  if (isTemplate(target)) return referenceTo(model, String.raw({ raw: target }, ...values.map(templateValue)))
  const reference = referenceFrom(model, target)
  if (typeof reference !== 'string') return reference
  throw new DefinitionError(`${modelName(model)}.ref(...): ${reference}`)
}

function referenceTo(model: AnyModelClass, text: string): Reference<unknown> {
  if (!isReferenceText(text)) throw new MalformedReferenceError(modelName(model), text)
  return new Reference(model, text)
}

function templateValue(value: unknown): string {
  return value instanceof Reference ? value.identifier : String(value)
}

function isTemplate(value: unknown): value is TemplateStringsArray {
  return Array.isArray(value) && 'raw' in value
}

function overrideModel(model: AnyModelClass, change: ModelOverride<Fields, unknown>): AnyModelClass {
  const before = model[modelMetadata]
  const name = modelName(model)
  const metadata: ModelMetadata = {
    name,
    fields: { ...before.fields, ...fieldDefinitions(name, change.fields ?? {}) },
    inject: { ...before.inject, ...(change.inject as Record<string, unknown> | undefined) },
    identity: before.identity,
  }
  const base = model as unknown as new (input: unknown) => object
  class Override extends base {
    static readonly [modelMetadata] = metadata
  }
  for (const added of Object.keys(metadata.inject)) defineInjected(Override.prototype, added)
  return Override as unknown as AnyModelClass
}

function fieldDefinitions(model: string, fields: Fields): Readonly<Record<string, FieldDefinition>> {
  const entries = Object.entries(fields).map(([name, field]): [string, FieldDefinition] => {
    if (reserved.includes(name)) {
      throw new DefinitionError(`${model}: a field cannot be called "${name}"`, {
        hint: 'Keys and system columns belong to the adapter; choose a name of your domain.',
      })
    }
    if (!(field instanceof AnyField))
      throw new DefinitionError(`${model}.${name} is not a field: write field.string() or the like`)
    const { type } = field.definition
    if (type.kind === 'decimal' && type.as === 'number' && type.precision > 15) {
      throw new DefinitionError(
        `${model}.${name}: a decimal of ${type.precision} digits does not fit a number exactly`,
        {
          hint: `Write field.decimal(${type.precision}, ${type.scale}).asString().`,
        },
      )
    }
    return [name, field.definition]
  })
  return Object.freeze(Object.fromEntries(entries))
}
