/** `load: [Order.fields.customer]`: reads the entities that references point at, one query per field's model. */
import { currentApp, runInApp, type AppContext } from '../app/context.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import { modelName } from '../model/model-metadata.ts'
import type { FieldPath } from '../query/condition.ts'
import { Reference, References } from '../reference/reference.ts'
import { QueryError } from './errors.ts'
import { checkField } from './check-field.ts'

/** Awaiting a preloaded reference gives what was read with the query. */
export async function preload(
  app: AppContext,
  model: AnyModelClass,
  entities: readonly object[],
  fields: readonly { readonly field: FieldPath }[],
): Promise<void> {
  const references = new Map<AnyModelClass, Reference<unknown>[]>()
  for (const { field } of fields) {
    checkField(model, field)
    if (field.type.kind !== 'ref' && field.type.kind !== 'refs') {
      throw new QueryError(`load: ${modelName(model)}.${field.path.join('.')} is not a reference`)
    }
    const target = field.type.target()
    const found = entities.flatMap((entity) => referencesIn((entity as Record<string, unknown>)[field.path[0]]))
    references.set(target, [...(references.get(target) ?? []), ...found])
  }
  for (const [target, found] of references) {
    const identifiers = [...new Set(found.map((reference) => reference.identifier))]
    const load = () => app.references.load(target, identifiers)
    const loaded = await (currentApp() === app ? load() : runInApp(app, load))
    const byIdentifier = new Map(identifiers.map((identifier, index) => [identifier, loaded[index] ?? null]))
    for (const reference of found) {
      const entity = byIdentifier.get(reference.identifier)
      if (entity) reference.preloaded(entity)
    }
  }
}

function referencesIn(value: unknown): readonly Reference<unknown>[] {
  if (value instanceof Reference) return [value]
  return value instanceof References ? value.items : []
}
