/** The one way from text that came from outside to a reference. */
import type { AnyModelClass } from '../model/model-type.ts'
import { Reference } from './reference.ts'
import { isReferenceText, isStorageKey } from './reference-text.ts'

/**
 * `undefined` for text that can be no key. Keys that are UUIDs have one form: references to the same entity are the same
 * text, whatever text they were made of.
 */
export function referenceOfText<Entity>(model: AnyModelClass, text: string): Reference<Entity> | undefined {
  if (!isReferenceText(text)) return undefined
  return new Reference<Entity>(model, isStorageKey(text) ? text.toLowerCase() : text)
}
