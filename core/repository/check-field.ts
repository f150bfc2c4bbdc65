/** Fields belong to the model that a query is on. */
import { modelName, sameModel } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import type { FieldPath } from '../query/condition.ts'
import { QueryError } from './errors.ts'

/** Throws `QueryError` for a field of another model. */
export function checkField(model: AnyModelClass, field: FieldPath): void {
  if (sameModel(field.model, model)) return
  throw new QueryError(`${modelName(field.model)}.${field.path.join('.')} was used in a query on ${modelName(model)}`, {
    hint: `Walk there from a reference: ${modelName(model)}.fields.<reference>.has(...).`,
  })
}
