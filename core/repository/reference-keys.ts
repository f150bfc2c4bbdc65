/** Keys in reference fields, looked at before they are written: storages here have UUIDs as keys. */
import { modelName } from '../model/model-metadata.ts'
import { planOf } from '../model/model-plan.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import type { StoredValues } from '../model/entity-maker.ts'
import { MalformedReferenceError } from '../reference/errors.ts'
import { isStorageKey } from '../reference/reference-text.ts'

/** Throws `MalformedReferenceError` when a reference in `values` cannot be to anything. */
export function checkReferenceKeys(model: AnyModelClass, values: StoredValues): void {
  for (const { name, reference, target } of planOf(model).fields) {
    if (reference === undefined) continue
    const value = values[name]
    if (value === null || value === undefined) continue
    const identifiers = reference === 'many' ? (value as readonly string[]) : [value as string]
    const wrong = identifiers.find((identifier) => !isStorageKey(identifier))
    if (wrong !== undefined) throw new MalformedReferenceError(modelName(target()), wrong)
  }
}
