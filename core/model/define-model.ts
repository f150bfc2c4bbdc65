/**
 * `defineModel`: makes the class that a model extends. Its instances hold the fields as own properties; their prototype is
 * the app's service object of the model (its injected services), and behind it the class body. What an instance may do by
 * its form is enforced here at run time: see `instance.ts`.
 */
import { DefinitionError } from '../errors.ts'
import { makeFieldReferences, type AnyFieldReference } from '../query/make-field-reference.ts'
import { Condition } from '../query/condition.ts'
import { MalformedReferenceError } from '../reference/errors.ts'
import { Reference, References } from '../reference/reference.ts'
import { referenceOfText } from '../reference/reference-of-text.ts'
import type { Fields } from './field-type.ts'
import { fieldDefinitions, type ReservedFields } from './field-definitions.ts'
import { defineInjected } from './injected-service.ts'
import { constructInstance } from './entity-maker.ts'
import { disposeEntity, disposeEntityAsync, entityJson, entityName, inspectEntity } from './instance.ts'
import { modelMetadata, modelName, type ModelMetadata } from './model-metadata.ts'
import type { AnyModelClass, ModelConstructor, ModelKey, ModelOverride } from './model-type.ts'
import { overrideModel } from './override-model.ts'
import { referenceFrom } from './reference-from.ts'

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

    toJSON(): unknown {
      return entityJson(this)
    }

    [Symbol.for('nodejs.util.inspect.custom')](depth: number, options: unknown, inspect: unknown): unknown {
      return inspectEntity(this, options, inspect)
    }
  }
  for (const name of Object.keys(metadata.inject)) defineInjected(Model.prototype, name)
  return Model as unknown as AnyModelClass
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
  const reference = referenceOfText(model, text)
  if (reference === undefined) throw new MalformedReferenceError(modelName(model), text)
  return reference
}

function templateValue(value: unknown): string {
  return value instanceof Reference ? value.identifier : String(value)
}

function isTemplate(value: unknown): value is TemplateStringsArray {
  return Array.isArray(value) && 'raw' in value
}
