/**
 * References at the edge of the app: opaque text outside, `Reference` inside. `refOf(Order)` is a zod schema for bodies,
 * queries and headers; the text is the entity's storage key and means nothing to clients.
 */
import { z } from 'zod'
import { modelName } from '../model/model-metadata.ts'
import type { AnyModelClass, KeyOf, ModelClassOf } from '../model/model-type.ts'
import type { Reference } from '../reference/reference.ts'
import { referenceOfText } from '../reference/reference-of-text.ts'

declare const refText: unique symbol

/** The opaque text of a reference to the model `Key`: not interchangeable with another model's. */
export type RefText<Key> = string & { readonly [refText]?: (key: Key) => Key }

/** A schema that turns opaque text into a reference. It does not look whether the entity exists. */
export type RefSchema<Entity> = z.ZodType<Reference<Entity>, RefText<KeyOf<Entity>>> & {
  /** The model, for transports and documentation. */
  readonly model: ModelClassOf<Entity>
}

/** Schema for a reference to an entity of `model`. Fails on text that can be no key. */
export function refOf<Entity>(model: ModelClassOf<Entity>): RefSchema<Entity> {
  const name = modelName(model as unknown as AnyModelClass)
  const schema = z
    .string({ error: `must be a reference to ${name}` })
    .meta({ description: `Reference to ${name}`, 'x-justscale-ref': name })
    .transform((text, context): Reference<Entity> => {
      const reference = referenceOfText<Entity>(model as unknown as AnyModelClass, text)
      if (reference !== undefined) return reference
      context.addIssue(`is not a reference to ${name}`)
      return z.NEVER
    })
  return Object.assign(schema, { model }) as unknown as RefSchema<Entity>
}
