/**
 * `view(Order, { self: true, fields: ['amount', 'customer'] })`: what of an entity a response shows. A zod schema: its input
 * is the stored entity, its output plain JSON, with references as opaque text. Nothing is shown that is not named.
 */
import { z } from 'zod'
import { DefinitionError } from '../errors.ts'
import { entityState } from '../model/entity-state.ts'
import type { fieldFacts, ReadOf } from '../model/field-type.ts'
import { modelFields, modelName } from '../model/model-metadata.ts'
import type { AnyModelClass, FieldsOf, KeyOf, ModelClassOf } from '../model/model-type.ts'
import type { Persistent } from '../type-state/state.ts'
import { fieldJson, fieldSchema } from './field-json.ts'
import type { RefText } from './ref-of.ts'

export interface ViewOptions<Entity, Names extends keyof FieldsOf<Entity>, Self extends boolean> {
  /** Shows the entity's own reference as `self`. */
  readonly self?: Self
  readonly fields: readonly Names[]
}

/** A field as a response shows it. */
export type JsonOf<Field> = Field extends {
  readonly [fieldFacts]: { readonly kind: 'ref'; readonly target: infer Target }
}
  ? RefText<KeyOf<Target>> | AbsentOf<ReadOf<Field>>
  : Field extends { readonly [fieldFacts]: { readonly kind: 'refs'; readonly target: infer Target } }
    ? readonly RefText<KeyOf<Target>>[]
    : Jsonified<ReadOf<Field>>

type AbsentOf<Value> = undefined extends Value ? undefined : never

type Jsonified<Value> = Value extends
  Temporal.Instant | Temporal.PlainDate | Temporal.PlainTime | Temporal.Duration | Uint8Array | bigint
  ? string
  : Value extends readonly (infer Element)[]
    ? readonly Jsonified<Element>[]
    : Value extends object
      ? { readonly [Name in keyof Value]: Jsonified<Value[Name]> }
      : Value

export type ViewOutput<Entity, Names extends keyof FieldsOf<Entity>, Self extends boolean> = {
  readonly [Name in Names]: JsonOf<FieldsOf<Entity>[Name]>
} & (Self extends true ? { readonly self: RefText<KeyOf<Entity>> } : unknown)

export type ViewSchema<Entity, Names extends keyof FieldsOf<Entity>, Self extends boolean> = z.ZodType<
  ViewOutput<Entity, Names, Self>,
  Persistent<Entity>
>

/** Schema for a response that shows these fields of an entity of `model`. */
export function view<Entity, const Names extends keyof FieldsOf<Entity>, const Self extends boolean = false>(
  model: ModelClassOf<Entity>,
  options: ViewOptions<Entity, Names, Self>,
): ViewSchema<Entity, Names, Self> {
  const Model = model as unknown as AnyModelClass
  const name = modelName(Model)
  const fields = modelFields(Model)
  const shown = (options.fields as readonly string[]).map((field) => {
    const definition = fields[field]
    if (definition === undefined) throw new DefinitionError(`view(${name}): ${field} is not a field of ${name}`)
    return { name: field, definition }
  })
  const self = options.self === true
  const shape = Object.fromEntries(shown.map((field) => [field.name, fieldSchema(field.definition)]))
  const output = z.object(self ? { self: z.string().meta({ 'x-justscale-ref': name }), ...shape } : shape)
  const show = (entity: unknown) => {
    const state = entityState(entity)
    const own = state !== undefined && 'identifier' in state && self ? { self: state.identifier } : {}
    const values = entity as Readonly<Record<string, unknown>>
    return {
      ...own,
      ...Object.fromEntries(shown.map((field) => [field.name, fieldJson(field.definition.type, values[field.name])])),
    }
  }
  return z
    .custom<Persistent<Entity>>((value) => entityState(value) !== undefined, { error: `must be a stored ${name}` })
    .transform(show)
    .pipe(output) as unknown as ViewSchema<Entity, Names, Self>
}
